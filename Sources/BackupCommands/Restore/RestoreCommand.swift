import ArgumentParser
import BackupEngine
import BackupModel
import BackupRepository
import HostSystem

/// Restores a point, or paths of it, to a directory.
struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Restore a point of a source, or single paths of it.",
    discussion: """
      The point is the newest one, or the one selected by @TIME or --at. The directory is made if it isn't there \
      (the one above it must be) and must be empty otherwise, unless --overwrite is given: then files that differ \
      are overwritten, and nothing is deleted. Paths keep their place below the directory. The same command \
      continues a restore that was interrupted. What is restored is on the medium when the command ends.

      The image of a volume is restored with --to DIR to the sparse file DIR/volume.img, with --to-file to a file of \
      any name, with --to-volume to a new thin volume, or with --to-stdout as a stream of bytes.

      EXAMPLES:
        backupctl restore volume/pve/vm-101-disk-0 --to-volume pve/vm-101-restored --verify
        backupctl restore volume/pve/vm-101-disk-0 --to-stdout | ssh other "dd of=/dev/sdb bs=1M"
        backupctl restore etc --to /tmp/etc
        backupctl restore etc --at "2 days ago" --to /tmp/etc --path ssh/sshd_config
        backupctl restore nfs/immich@20261122T050000Z --to /mnt/new/immich --verify
        backupctl restore etc --to /etc --path ssh --overwrite --plan      # see first what would be done

        A runbook restores beside, looks, then moves:
        backupctl restore nfs/immich --to /srv/nfs/immich.restored --verify --json > restore.json \\
          && mv /srv/nfs/immich /srv/nfs/immich.old && mv /srv/nfs/immich.restored /srv/nfs/immich

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .formatTooNew, .damaged, .snapshotFailed, .toolMissing, .usage]))
      """)

  @Argument(help: ArgumentHelp("The source, optionally with a point.", valueName: "name[@time]"))
  var name: String

  @OptionGroup var point: PointOptions

  @Option(name: .customLong("to"), help: ArgumentHelp("The directory to restore to.", valueName: "dir"))
  var target: String?

  @OptionGroup var image: ImageTargetOptions

  @Option(
    name: .customLong("path"),
    help: ArgumentHelp(
      "Restore only this file or directory, as `backupctl ls` prints it; may be repeated.", valueName: "path"))
  var paths: [String] = []

  @Flag(help: "Restore into a directory that isn't empty; files that differ are overwritten, nothing is deleted.")
  var overwrite = false

  @Flag(help: "Compare the directory with the point afterwards.")
  var verify = false

  @Flag(help: "Only show what would be done.")
  var plan = false

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard [target, image.file, image.volume].count(where: { $0 != nil }) + (image.toStandardOutput ? 1 : 0) == 1 else {
      throw ValidationError("Give exactly one of --to, --to-file, --to-volume and --to-stdout.")
    }
    guard target != nil || (paths.isEmpty && !overwrite && !plan) else {
      throw ValidationError("--path, --overwrite and --plan go with --to.")
    }
    guard !(image.toStandardOutput && verify) else {
      throw ValidationError("--verify can't compare what went to standard output.")
    }
    guard image.pool == nil || image.volume != nil else { throw ValidationError("--pool goes with --to-volume.") }
  }

  /// The paths as the index has them; what `backupctl ls` shows as `\xHH` may be typed so.
  private func entryPaths(in selected: PointSelection) throws -> [PathBytes] {
    guard !paths.isEmpty else { return [] }
    let reader = try IndexReader(
      root: selected.point.index, chunks: try selected.store.chunkReader(keepsTables: false))
    let lookup = EntryLookup(reader, in: selected.point)
    return try paths.map { path in
      guard !path.split(separator: "/").contains("..") else {
        throw CommandError(
          .usage, "cannot restore the path \(path): it leads out of the source by ..",
          hint: "give it as `backupctl ls` prints it")
      }
      return try lookup.entry(path).path
    }
  }

  func run() async throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.configuration()
    let selected = try PointSelection(name, at: point.at, in: try repository.open(configuration))
    guard let target else {
      let restoring = ImageRestoring(selected: selected, target: image, verify: verify, output: output)
      return try await restoring.run {
        try await VolumeWork.reclaiming(configuration, catalog: try state.openCatalog(configuration))
      }
    }
    var request = TreeRestore.Request(
      store: selected.store, point: selected.point, target: PathBytes(path: target))
    request.paths = try entryPaths(in: selected)
    request.overwrite = overwrite
    request.verify = verify
    let restore = TreeRestore(request, clock: environment.clock)
    let planned = RestorePlanText(
      try restore.plan(), selected.point, paths: paths, target: target, now: environment.clock.now())
    if plan { return try planned.print(output) }
    if !output.quiet { environment.messages.line(planned.line) }
    if let warning = planned.warning { environment.messages.line(warning) }
    let report = try ProgressDisplay.run(
      output, title: selected.store.source.name, expectedBytes: planned.plan.bytes, of: RestoreProgress()
    ) { progress in
      try restore.run(progress: progress, cancellation: environment.cancellation)
    }
    let result = RestoreResult(report, selected.point, target: target)
    try result.print(output)
    if result.status != .ok { throw ExitWith(status: result.status) }
  }
}
