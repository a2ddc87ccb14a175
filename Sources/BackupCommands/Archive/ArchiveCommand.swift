import ArgumentParser
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Archives directory trees and the output of commands.
struct ArchiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive", abstract: "Archive trees, volumes and streams: make a recovery point of each.",
    discussion: """
      A source is the name of a configured tree or stream, or a path. A path is archived under its own name \
      (/srv/nfs/immich becomes srv/nfs/immich) or under the one given with --as. Unchanged files aren't opened.

      With --stream, what the command after -- writes to its standard output is archived as one file; no shell is \
      between. If the command fails, no point is made.

      With --volume, a thin volume is archived: from a snapshot that is taken for it and stays as the base of the next \
      difference, so that the next archive reads only what changed. It is archived as the selection of the \
      configuration says that has it, else as an image.

      EXAMPLES:
        backupctl archive -r /mnt/backup/backupctl /etc
        backupctl archive -r /mnt/backup/backupctl /srv/nfs/immich --as immich --exclude '*.tmp'
        backupctl archive nfs                     # a tree or stream of the configuration
        backupctl archive --volume pve/vm-101-disk-0
        backupctl archive --stream firewall --file conf.tar -- ssh firewall tar -C /conf -c .

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .busy, .snapshotFailed, .toolMissing, .usage]))
      """)

  @Argument(
    help: ArgumentHelp(
      "Names of configured trees and streams, or paths of directories; with --stream, after --, a command.",
      valueName: "source"))
  var sources: [String] = []

  @Option(
    name: .customLong("volume"),
    help: ArgumentHelp("A thin volume, GROUP/VOLUME, or a configured selection; may be repeated.", valueName: "volume"))
  var volumes: [String] = []

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
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let stream, sources.isEmpty {
      throw ValidationError("Give the command after --, as in: --stream \(stream) -- pg_dump -Fc db")
    }
    guard !sources.isEmpty || !volumes.isEmpty else {
      throw ValidationError("Name what is to be archived: a path, a configured source, or --volume GROUP/VOLUME.")
    }
    guard volumes.isEmpty || stream == nil else { throw ValidationError("Give either --volume or --stream.") }
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
    var requests =
      try stream.map { [try selection.stream($0, command: sources, file: file)] } ?? selection.requests(for: sources)
    requests += try await volumeRequests(selection, configuration)
    for line in RoomWatch.warnings(requests.map(\.store.source), in: opened) {
      CommandEnvironment.current.messages.line(line)
    }
    var reports: [ArchiveReport] = []
    for request in requests {
      let report = try await archive(request)
      reports.append(report)
      report.print(output)
    }
    if output.json { CommandEnvironment.current.output.line(try JSONText.encode(reports)) }
    if reports.contains(where: \.isDegraded) { throw ExitWith(status: .degraded) }
  }

  private func volumeRequests(
    _ selection: ArchiveSelection, _ configuration: Configuration?
  ) async throws -> [ArchiveRequest] {
    guard !volumes.isEmpty else { return [] }
    let host = try await VolumeWork.reclaiming(configuration, catalog: try state.openCatalog(configuration))
    return try await VolumeWork.targets(volumes, on: host).map { try selection.volume($0, on: host) }
  }

  private func archive(_ request: ArchiveRequest) async throws -> ArchiveReport {
    let environment = CommandEnvironment.current
    let store = request.store
    // Only for the estimate: points that can't be read are reported by the archive itself.
    let expected = try store.latestGoodPoint { _, _ in }?.statistics.bytes
    switch request {
    case .tree(let request):
      return try ProgressDisplay.run(output, title: store.source.name, expectedBytes: expected) { progress in
        ArchiveReport(
          try TreeArchive(request, clock: environment.clock)
            .run(progress: progress, cancellation: environment.cancellation))
      }
    case .volume(let archive, _):
      return try await ProgressDisplay.awaiting(
        output, title: store.source.name, expectedBytes: expected, of: ArchiveProgress()
      ) { progress in
        let outcome = try await CancellableWork.run { try await archive.run(progress: progress) }
        return ArchiveReport(outcome.point, problems: outcome.problems)
      }
    case .stream(let request, let command):
      return try await ProgressDisplay.awaiting(
        output, title: store.source.name, expectedBytes: expected, of: ArchiveProgress()
      ) { progress in
        ArchiveReport(
          try await CancellableWork.run {
            try await StreamArchive(request, clock: environment.clock).run(command, progress: progress)
          })
      }
    }
  }
}
