import BackupEngine
import BackupModel
import BackupRepository
import HostSystem

/// Restores points to a directory for the command `restore`; several each to a directory of their source's name in it.
struct DirectoryRestoring {
  let selection: RestoreSelection
  let target: String
  let paths: [String]
  let overwrite: Bool
  let verify: Bool
  let output: OutputOptions

  /// Restores, or with `plan` only shows what would be done.
  ///
  /// - Throws: what restoring throws; ``ExitWith`` after the last source with the worst code of all.
  func run(plan isPlan: Bool) throws {
    guard paths.isEmpty || selection.points.count == 1 else {
      throw CommandError(
        .usage, "cannot tell of which source of \(selection.name) the paths are",
        hint: "choose one with --source: \(selection.points.map(\.store.source.typedName).joined(separator: ", "))")
    }
    var worst = ExitStatus.ok
    for selected in selection.points {
      let status = try restore(selected, to: try directory(of: selected, isPlan: isPlan), isPlan: isPlan)
      if status == .damaged || worst == .ok { worst = status }
    }
    if worst != .ok { throw ExitWith(status: worst) }
  }

  /// The directory of a source; those above it are made.
  private func directory(of selected: PointSelection, isPlan: Bool) throws -> String {
    guard selection.points.count > 1 else { return target }
    let components = selected.store.source.typedName.split(separator: "/")
    var path = target
    for component in components.dropLast() {
      if !isPlan { try make(path) }
      path += "/\(component)"
    }
    if !isPlan { try make(path) }
    return "\(path)/\(components.last ?? "")"
  }

  /// A path, or the first directory on the way to it that isn't there and would be made: a plan looks, and makes nothing.
  private func planned(_ path: String) -> String {
    guard selection.points.count > 1 else { return path }
    var above = target
    for component in path.dropFirst(target.count).split(separator: "/") {
      // Whatever else keeps it from being opened, the restore says.
      guard (try? OpenFile.open(PathBytes(path: above), .directoryFollowing)) != nil else { return above }
      above += "/\(component)"
    }
    return path
  }

  private func make(_ path: String) throws {
    do throws(SystemError) {
      try OpenFile.open([0x2E], .directoryFollowing).makeDirectory(PathBytes(path: path), permissions: 0o700)
    } catch {
      guard !error.isExisting else { return }
      throw CommandError(.failed, "cannot restore to \(path): \(error.reason)", cause: error.cause)
    }
  }

  private func restore(_ selected: PointSelection, to target: String, isPlan: Bool) throws -> ExitStatus {
    let environment = CommandEnvironment.current
    var request = TreeRestore.Request(
      store: selected.store, point: selected.point,
      target: PathBytes(path: isPlan ? planned(target) : target))
    request.paths = try selected.entryPaths(paths)
    request.overwrite = overwrite
    request.verify = verify
    let restore = TreeRestore(request, clock: environment.clock)
    let planned = RestorePlanText(
      try restore.plan(), selected.point, paths: paths, target: target, now: environment.clock.now())
    if isPlan {
      try planned.print(output)
      return .ok
    }
    if !output.quiet { environment.messages.line(planned.line) }
    if let warning = planned.warning { environment.messages.line(warning) }
    let report = try ProgressDisplay.run(
      output, title: selected.store.source.name, expectedBytes: planned.plan.bytes, of: RestoreProgress()
    ) { progress in
      try restore.run(progress: progress, cancellation: environment.cancellation)
    }
    let result = RestoreResult(report, selected.point, target: target)
    try result.print(output)
    return result.status
  }
}

extension PointSelection {
  /// Paths as the index has them; what `backupctl ls` shows as `\xHH` may be typed so.
  func entryPaths(_ paths: [String]) throws -> [PathBytes] {
    guard !paths.isEmpty else { return [] }
    let reader = try IndexReader(root: point.index, chunks: try store.chunkReader(keepsTables: false))
    let lookup = EntryLookup(reader, in: point)
    return try paths.map { path in
      guard !path.split(separator: "/").contains("..") else {
        throw CommandError(
          .usage, "cannot restore the path \(path): it leads out of the source by ..",
          hint: "give it as `backupctl ls` prints it")
      }
      return try lookup.entry(path).path
    }
  }
}
