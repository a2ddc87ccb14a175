import ArgumentParser
import BackupEngine
import BackupModel
import BackupRepository
import HostSystem

/// Restores a point, or paths of it, to a directory.
struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Restore a point of a source, or single paths of it, to a directory.",
    discussion: """
      The point is the newest one, or the one selected by @TIME or --at. The directory is made if it isn't there \
      (the one above it must be) and must be empty otherwise, unless --overwrite is given: then files that differ \
      are overwritten, and nothing is deleted. Paths keep their place below the directory. The same command \
      continues a restore that was interrupted. What is restored is on the medium when the command ends.

      EXAMPLES:
        backupctl restore etc --to /tmp/etc
        backupctl restore etc --at "2 days ago" --to /tmp/etc --path ssh/sshd_config
        backupctl restore nfs/immich@20261122T050000Z --to /mnt/new/immich --verify
        backupctl restore etc --to /etc --path ssh --overwrite --plan      # see first what would be done

        A runbook restores beside, looks, then moves:
        backupctl restore nfs/immich --to /srv/nfs/immich.restored --verify --json > restore.json \\
          && mv /srv/nfs/immich /srv/nfs/immich.old && mv /srv/nfs/immich.restored /srv/nfs/immich

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .formatTooNew, .damaged, .usage]))
      """)

  @Argument(help: ArgumentHelp("The source, optionally with a point.", valueName: "name[@time]"))
  var name: String

  @OptionGroup var point: PointOptions

  @Option(name: .customLong("to"), help: ArgumentHelp("The directory to restore to.", valueName: "dir"))
  var target: String

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
  @OptionGroup var output: OutputOptions

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

  func run() throws {
    let environment = CommandEnvironment.current
    let selected = try PointSelection(name, at: point.at, in: try repository.open())
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
