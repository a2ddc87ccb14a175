import ArgumentParser
import BackupCatalog
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem
import VolumeSnapshots

/// Lists volumes.
struct VolumesListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List thin volumes: claim, size, snapshots, points, and what covers each.",
    discussion: """
      COST is what the snapshots of a volume hold for themselves alone. A volume is known to be encrypted only \
      while it is active. Ends with 3 if a volume of a pool that the configuration names is neither selected nor left \
      out for a reason, or couldn't be looked at.

      EXAMPLES:
        backupctl volumes list
        backupctl volumes list --json

      \(ExitStatus.help([.ok, .failed, .degraded, .snapshotFailed, .toolMissing, .usage]))
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.configuration()
    let host = try VolumeWork.working(configuration, catalog: try state.openCatalog(configuration))
    let listing = try await VolumeSurvey(host).list(repository: open(configuration))
    for problem in listing.problems { environment.messages.line("warning: \(problem)") }
    if output.json {
      environment.output.line(try JSONText.encode(VolumeListing(listing.rows, problems: listing.problems)))
    } else if listing.rows.isEmpty {
      environment.messages.line("there is no thin volume on this host")
    } else {
      for line in VolumeListing.lines(listing.rows, now: environment.clock.now()) { environment.output.line(line) }
    }
    let isUncovered = listing.rows.contains { row in
      row.coverage?.protection == .uncovered || row.coverage?.protection == .unknown
    }
    if isUncovered || !listing.problems.isEmpty { throw ExitWith(status: .degraded) }
  }

  /// The repository, if there is one: without it no points are known, which the table shows.
  private func open(_ configuration: Configuration?) -> Repository? {
    do {
      return try repository.open(configuration)
    } catch {
      CommandEnvironment.current.messages.line("warning: no points are shown: \(error)")
      return nil
    }
  }
}
