import ArgumentParser
import BackupModel
import VolumeSnapshots

/// Removes snapshots.
struct SnapshotsRemoveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Remove volume snapshots of backupctl.",
    discussion: """
      Only a volume with the tag backupctl is removed. The base of the next difference stays unless \
      --allow-removing-bases is given: without it the next archive of its volume reads everything.

      EXAMPLES:
        backupctl snapshots remove pve/vm-101-disk-0_snap_20261122_0300
        backupctl snapshots remove --all-of pve/vm-101-disk-0

      \(ExitStatus.help([.ok, .failed, .busy, .snapshotFailed, .toolMissing, .usage]))
      """)

  @Argument(help: ArgumentHelp("Snapshots, GROUP/SNAPSHOT.", valueName: "snapshot"))
  var snapshots: [String] = []

  @Option(help: ArgumentHelp("All snapshots of this volume, GROUP/VOLUME.", valueName: "volume"))
  var allOf: String?

  @Flag(help: "Remove bases of the next difference too.")
  var allowRemovingBases = false

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard snapshots.isEmpty != (allOf == nil) else {
      throw ValidationError("Give either snapshots or --all-of GROUP/VOLUME.")
    }
  }

  func run() async throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.configuration()
    let host = try await VolumeWork.reclaiming(configuration, catalog: try state.openCatalog(configuration))
    var names = try snapshots.map(name)
    if let allOf {
      let volume = try name(allOf)
      let inventory = try await host.inventory()
      names = inventory.snapshots(of: volume).filter { allowRemovingBases || !$0.tags.isBase }.map(\.name)
      // A volume that is gone may still have snapshots; neither is a mistake in the name.
      if names.isEmpty { _ = try inventory.volume(volume) }
    }
    let removal = SnapshotRemoval(tools: host.tools, sleep: host.sleep)
    for name in names {
      guard try await removal.remove(name, allowRemovingBases: allowRemovingBases) else {
        throw VolumeError(
          .notFound, "cannot remove the snapshot \(name): it is not there", hint: "run `backupctl snapshots list`")
      }
      if !output.quiet { environment.messages.line("removed \(name)") }
    }
  }

  private func name(_ text: String) throws -> VolumeName {
    guard let name = VolumeName(parsing: text) else {
      throw CommandError(
        .usage, "cannot tell which volume '\(text)' is", hint: "give it as `backupctl snapshots list` prints it")
    }
    return name
  }
}
