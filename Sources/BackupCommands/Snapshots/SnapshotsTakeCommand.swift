import ArgumentParser
import BackupEngine
import BackupModel
import BackupPolicy
import VolumeSnapshots

/// Takes snapshots.
struct SnapshotsTakeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "take", abstract: "Take a snapshot of each of some volumes.",
    discussion: """
      A pool that is too full of data or metadata takes no snapshot; with --keep, older ones that were taken by hand and \
      that no rule keeps go first.

      EXAMPLES:
        backupctl snapshots take pve/vm-101-disk-0
        backupctl snapshots take pve/vm-101-db pve/vm-101-wal --together
        backupctl snapshots take pvc --keep last=2,daily=7

      \(ExitStatus.help([.ok, .failed, .degraded, .busy, .snapshotFailed, .toolMissing, .usage]))
      """)

  @Argument(help: ArgumentHelp("GROUP/VOLUME, or names of selections of the configuration.", valueName: "volume"))
  var volumes: [String]

  @Flag(help: "Give all of them one instant: they are suspended together for a moment.")
  var together = false

  @Option(
    help: ArgumentHelp(
      "Then remove older snapshots of these volumes that were taken by hand and that no rule keeps: last=2,daily=7.",
      valueName: "rules"))
  var keep: String?

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let rules = try keep.map { text throws(PolicyError) in try KeepRules(parsing: text) }
    let configuration = try repository.configuration()
    let host = try await VolumeWork.reclaiming(configuration, catalog: try state.openCatalog(configuration))
    let targets = try await VolumeWork.targets(volumes, on: host)
    try await CancellableWork.run {
      try await take(targets, rules, VolumeTaking(host: host))
    }
  }

  private func take(_ targets: [VolumeTarget], _ rules: KeepRules?, _ taking: VolumeTaking) async throws {
    let environment = CommandEnvironment.current
    var problems: [String] = []
    let parts = together ? [targets] : targets.map { [$0] }
    for part in parts where !part.isEmpty {
      guard Set(part.compactMap(\.hooks)).count <= 1 else {
        throw CommandError(
          .usage, "cannot give one instant to volumes that are held still by different commands",
          hint: "take the snapshots of each selection by themselves, or without --together")
      }
      let taken = try await taking.take(
        part.map(\.volume), hooks: part.compactMap(\.hooks).first, purpose: .series, keep: rules)
      problems += taken.warnings.map(\.description)
      for snapshot in taken.snapshots {
        environment.output.line(
          output.json ? try JSONText.line(SnapshotRow(snapshot, exclusive: nil)) : "\(snapshot.name)")
      }
      for snapshot in taken.removed { environment.messages.line("removed \(snapshot.name) to make room") }
    }
    for target in targets {
      guard let rules else { break }
      for outcome in try await taking.retain(target.volume, keep: rules) {
        if let failure = outcome.failure {
          problems.append("\(failure)")
        } else if !output.quiet {
          environment.messages.line("removed \(outcome.snapshot.name), which no rule keeps")
        }
      }
    }
    for problem in problems { environment.messages.line("warning: \(problem)") }
    if !problems.isEmpty { throw ExitWith(status: .degraded) }
  }
}

/// Work of a command that a signal stops.
enum CancellableWork {
  /// Runs it as a task of its own, cancels that when the command is to stop, and waits for its clean-up.
  static func run<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
    let work = Task { try await body() }
    CommandEnvironment.current.cancellation.onCancel { work.cancel() }
    return try await work.value
  }
}
