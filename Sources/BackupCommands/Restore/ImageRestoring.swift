import ArgumentParser
import BackupEngine
import BackupModel
import BackupRepository
import HostSystem
import VolumeSnapshots

/// Where the image of a volume is restored to, other than a directory.
struct ImageTargetOptions: ParsableArguments {
  @Option(
    name: .customLong("to-file"), help: ArgumentHelp("Restore an image to this new, sparse file.", valueName: "file"))
  var file: String?

  @Option(
    name: .customLong("to-volume"),
    help: ArgumentHelp("Restore an image to a new thin volume of this name, GROUP/VOLUME.", valueName: "volume"))
  var volume: String?

  @Option(
    help: ArgumentHelp("The thin pool for --to-volume; default: the one that the volume was in.", valueName: "pool"))
  var pool: String?

  @Flag(name: .customLong("to-stdout"), help: "Write an image to standard output, holes as zeros.")
  var toStandardOutput = false
}

/// Restores an image for the command `restore`.
struct ImageRestoring {
  private struct Document: Encodable {
    let source: String
    let point: RecoveryPointID
    let to: String
    let bytes: Int64
    let writtenBytes: Int64
    let comparedBytes: Int64?
    let differing: Int?
    let seconds: Double
  }

  let selected: PointSelection
  let target: ImageTargetOptions
  let verify: Bool
  let output: OutputOptions

  /// Restores.
  ///
  /// - Parameter host: gives the means to make a volume; called only for one.
  func run(host: () async throws -> VolumeHost) async throws {
    let environment = CommandEnvironment.current
    let request = request
    let restore = ImageRestore(request, clock: environment.clock)
    let expected = selected.point.statistics.bytes
    if target.toStandardOutput {
      let standardOutput = OpenFile(descriptor: 1, path: "standard output")
      return try ProgressDisplay.run(
        output, title: selected.store.source.name, expectedBytes: expected, of: RestoreProgress()
      ) { try restore.stream(to: standardOutput, progress: $0, cancellation: environment.cancellation) }
    }
    let report: ImageRestoreReport
    let shown: String
    if let volume = target.volume {
      let (name, pool) = try names(volume)
      shown = name.description
      let host = try await host()
      report = try await ProgressDisplay.awaiting(
        output, title: selected.store.source.name, expectedBytes: expected, of: RestoreProgress()
      ) { progress in
        try await CancellableWork.run {
          try await VolumeRestore(request, on: host).run(to: name, in: pool, progress: progress)
        }
      }
    } else {
      shown = target.file ?? ""
      report = try ProgressDisplay.run(
        output, title: selected.store.source.name, expectedBytes: expected, of: RestoreProgress()
      ) {
        try restore.run(to: .newFile(PathBytes(path: shown)), progress: $0, cancellation: environment.cancellation)
      }
    }
    try tell(report, shown)
  }

  private var request: ImageRestore.Request {
    var request = ImageRestore.Request(store: selected.store, point: selected.point)
    request.verify = verify
    return request
  }

  private func names(_ volume: String) throws -> (VolumeName, pool: VolumeName) {
    guard let name = VolumeName(parsing: volume) else {
      throw CommandError(.usage, "cannot restore to the volume '\(volume)'", hint: "give it as GROUP/VOLUME")
    }
    let before = selected.point.volume
    let pool = target.pool ?? (before?.group == name.group ? before?.snapshot?.pool : nil)
    guard let pool else {
      throw CommandError(
        .usage, "cannot tell in which thin pool of \(name.group) to make \(name.volume)",
        hint: "name it with --pool; `lvs -S segtype=thin-pool \(name.group)` lists them")
    }
    guard let poolName = name.sibling(pool) else {
      throw CommandError(.usage, "cannot restore into the pool '\(pool)'", hint: "give its name without the group")
    }
    return (name, poolName)
  }

  private func tell(_ report: ImageRestoreReport, _ shown: String) throws {
    let environment = CommandEnvironment.current
    if output.json {
      environment.output.line(
        try JSONText.encode(
          Document(
            source: selected.store.source.description, point: selected.point.id, to: shown, bytes: report.length,
            writtenBytes: report.writtenBytes, comparedBytes: report.comparison?.bytes,
            differing: report.comparison?.differing, seconds: report.seconds)))
    } else if !output.quiet {
      environment.output.line(
        "\(selected.store.source)@\(selected.point.id): \(ByteCount(report.length)) to \(shown), "
          + "written \(ByteCount(report.writtenBytes)); \(DurationText.of(seconds: report.seconds))"
          + (report.comparison.map { "; compared \(ByteCount($0.bytes)), \($0.differing) places differ" } ?? ""))
    }
    guard report.isComplete else {
      environment.messages.line("error: what was restored to \(shown) differs from the point")
      throw ExitWith(status: .damaged)
    }
  }
}
