import ArgumentParser
import BackupEngine
import BackupModel
import VolumeSnapshots

/// Lists the snapshots of this program.
struct SnapshotsListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the volume snapshots of backupctl, and what each costs.",
    discussion: """
      COSTS is what removing a snapshot alone would free. It is read from the pool's metadata, for which root and a \
      moment without another reader of them are needed; otherwise it is left open.

      EXAMPLES:
        backupctl snapshots list
        backupctl snapshots list pve/vm-101-disk-0 --json

      \(ExitStatus.help([.ok, .failed, .snapshotFailed, .toolMissing, .usage]))
      """)

  @Argument(help: ArgumentHelp("Only those of this volume, GROUP/VOLUME.", valueName: "volume"))
  var volume: String?

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.configuration()
    let only = try volume.map { text in
      guard let name = VolumeName(parsing: text) else {
        throw CommandError(.usage, "cannot list the snapshots of '\(text)'", hint: "give the volume as GROUP/VOLUME")
      }
      return name
    }
    let host = try VolumeWork.working(configuration, catalog: try state.openCatalog(configuration))
    let inventory = try await host.inventory()
    var snapshots = inventory.snapshots
    if let only {
      _ = try inventory.volume(only)
      snapshots = snapshots.filter { $0.originName == only }
    }
    let usage = try await VolumeUsage(host).measure(inventory, pools: Set(snapshots.map(\.volume.pool)))
    for problem in usage.problems { environment.messages.line("warning: \(problem)") }
    let rows = snapshots.sorted {
      ($0.originName?.description ?? "", $0.name) < ($1.originName?.description ?? "", $1.name)
    }
    .map { SnapshotRow($0, exclusive: usage.exclusive[$0.name]) }
    if output.json { return environment.output.line(try JSONText.encode(rows)) }
    guard !rows.isEmpty else {
      return environment.messages.line("there is no snapshot of backupctl; take one with `backupctl snapshots take`")
    }
    for line in SnapshotRow.lines(rows, now: environment.clock.now()) { environment.output.line(line) }
  }
}
