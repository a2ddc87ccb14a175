import ArgumentParser
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Archives directory trees and the output of commands.
struct ArchiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive", abstract: "Archive directory trees and streams: make a recovery point of each.",
    discussion: """
      A source is the name of a configured tree or stream, or a path. A path is archived under its own name \
      (/srv/nfs/immich becomes srv/nfs/immich) or under the one given with --as. Unchanged files aren't opened.

      With --stream, what the command after -- writes to its standard output is archived as one file; no shell is \
      between. If the command fails, no point is made.

      EXAMPLES:
        backupctl archive -r /mnt/backup/backupctl /etc
        backupctl archive -r /mnt/backup/backupctl /srv/nfs/immich --as immich --exclude '*.tmp'
        backupctl archive nfs                     # a tree or stream of the configuration
        backupctl archive --stream firewall --file conf.tar -- ssh firewall tar -C /conf -c .

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .busy, .toolMissing, .usage]))
      """)

  @Argument(
    help: ArgumentHelp(
      "Names of configured trees and streams, or paths of directories; with --stream, after --, a command.",
      valueName: "source"))
  var sources: [String]

  @Option(name: .customLong("as"), help: ArgumentHelp("The name of the source; for one path only.", valueName: "name"))
  var sourceName: String?

  @Option(help: ArgumentHelp("Leave out what matches, as in .gitignore; may be repeated.", valueName: "pattern"))
  var exclude: [String] = []

  @Flag(help: "Enter mount points below the directory.")
  var crossMounts = false

  @Option(help: ArgumentHelp("Archive the output of a command as a stream of this name.", valueName: "name"))
  var stream: String?

  @Option(help: ArgumentHelp("The name that the output has in the point; default: content.", valueName: "name"))
  var file: String?

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard file == nil || stream != nil else { throw ValidationError("--file goes with --stream only.") }
    guard stream == nil || (sourceName == nil && exclude.isEmpty && !crossMounts) else {
      throw ValidationError("--as, --exclude and --cross-mounts are for directories, not for --stream.")
    }
  }

  func run() async throws {
    let configuration = try repository.configuration()
    let opened = try repository.open(configuration)
    let selection = ArchiveSelection(
      configuration: configuration, repository: opened, sourceName: sourceName, exclude: exclude,
      crossesMounts: crossMounts)
    let requests =
      try stream.map { [try selection.stream($0, command: sources, file: file)] } ?? selection.requests(for: sources)
    var reports: [ArchiveReport] = []
    for request in requests {
      let report = ArchiveReport(try await archive(request))
      reports.append(report)
      report.print(output)
    }
    if output.json { CommandEnvironment.current.output.line(try JSONText.encode(reports)) }
    if reports.contains(where: \.isDegraded) { throw ExitWith(status: .degraded) }
  }

  private func archive(_ request: ArchiveRequest) async throws -> RecoveryPoint {
    let environment = CommandEnvironment.current
    let store = request.store
    // Only for the estimate: points that can't be read are reported by the archive itself.
    let expected = try store.latestGoodPoint { _, _ in }?.statistics.bytes
    switch request {
    case .tree(let request):
      return try ProgressDisplay.run(output, title: store.source.name, expectedBytes: expected) { progress in
        try TreeArchive(request, clock: environment.clock)
          .run(progress: progress, cancellation: environment.cancellation)
      }
    case .stream(let request, let command):
      return try await ProgressDisplay.awaiting(output, title: store.source.name, expectedBytes: expected) { progress in
        let work = Task {
          try await StreamArchive(request, clock: environment.clock).run(command, progress: progress)
        }
        environment.cancellation.onCancel { work.cancel() }
        return try await work.value
      }
    }
  }
}
