import ArgumentParser

/// The commands about volume snapshots.
struct SnapshotsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshots", abstract: "Take, list and remove volume snapshots.",
    discussion: """
      A volume snapshot is in the same pool as its volume: it is fast to roll back to, and no backup. Only snapshots \
      with the tag backupctl are ever touched.

      EXAMPLES:
        backupctl snapshots
        backupctl snapshots take pve/vm-101-disk-0
        backupctl snapshots remove pve/vm-101-disk-0_snap_20261122_0300

      \(ExitStatus.help([.ok, .failed, .degraded, .busy, .snapshotFailed, .toolMissing, .usage]))
      """,
    subcommands: [SnapshotsListCommand.self, SnapshotsTakeCommand.self, SnapshotsRemoveCommand.self],
    defaultSubcommand: SnapshotsListCommand.self)
}
