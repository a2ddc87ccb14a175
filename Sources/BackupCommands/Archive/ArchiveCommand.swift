import ArgumentParser
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Archives directory trees.
struct ArchiveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive", abstract: "Archive directory trees: make a recovery point of each.",
    discussion: """
      A source is the name of a configured tree, or a path. A path is archived under its own name \
      (/srv/nfs/immich becomes srv/nfs/immich) or under the one given with --as. Unchanged files aren't opened.

      EXAMPLES:
        backupctl archive -r /mnt/backup/backupctl /etc
        backupctl archive -r /mnt/backup/backupctl /srv/nfs/immich --as immich --exclude '*.tmp'
        backupctl archive nfs                     # a tree of the configuration

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .busy, .usage]))
      """)

  @Argument(help: ArgumentHelp("Names of configured trees, or paths of directories.", valueName: "source"))
  var sources: [String]

  @Option(name: .customLong("as"), help: ArgumentHelp("The name of the source; for one path only.", valueName: "name"))
  var sourceName: String?

  @Option(help: ArgumentHelp("Leave out what matches, as in .gitignore; may be repeated.", valueName: "pattern"))
  var exclude: [String] = []

  @Flag(help: "Enter mount points below the directory.")
  var crossMounts = false

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let configuration = try repository.configuration()
    let opened = try repository.open(configuration)
    let selection = ArchiveSelection(
      configuration: configuration, repository: opened, sourceName: sourceName, exclude: exclude,
      crossesMounts: crossMounts)
    var worst = ExitStatus.ok
    var results: [ArchiveReport] = []
    for request in try selection.requests(for: sources) {
      // Only for the estimate: points that can't be read are reported by the archive itself.
      let expected = try request.store.latestGoodPoint { _, _ in }?.statistics.bytes
      let point = try ProgressDisplay.run(output, title: request.store.source.name, expectedBytes: expected) {
        progress in
        try TreeArchive(request, clock: CommandEnvironment.current.clock)
          .run(progress: progress, cancellation: CommandEnvironment.current.cancellation)
      }
      let report = ArchiveReport(point)
      results.append(report)
      report.print(output)
      if report.isDegraded { worst = .degraded }
    }
    if output.json { CommandEnvironment.current.output.line(try JSONText.encode(results)) }
    if worst != .ok { throw ExitWith(status: worst) }
  }
}
