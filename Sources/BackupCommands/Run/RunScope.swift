import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Gathers what the jobs of a run work with.
enum RunScope {
  /// Opens the repository and joins the schedule's trees with the configuration's.
  ///
  /// - Throws: as `RepositoryOptions.open(_:)`.
  static func make(
    _ schedule: Schedule, _ configuration: Configuration?, _ options: RepositoryOptions, scratch: String
  ) throws -> JobScope {
    let opened: Repository
    if let declaration = schedule.repository, !options.isGiven {
      opened = try RepositoryGuards.open(declaration)
    } else {
      opened = try options.open(configuration)
    }
    let named = Set(schedule.trees.map(\.name))
    let limits = configuration?.limits ?? Limits()
    let clock = CommandEnvironment.current.clock
    let settings = ArchiveSettings(
      repository: opened, parameters: configuration?.parameters ?? ArchiveParameters(), limits: limits,
      pacer: Pacer.keeping(limits, clock: clock), host: hostName(), tool: toolName, holder: LockHolder.text)
    var scope = JobScope(
      settings: settings, trees: schedule.trees + (configuration?.trees ?? []).filter { !named.contains($0.name) },
      clock: clock, scratchDirectory: PathBytes(path: scratch))
    let streams = Set(schedule.streams.map(\.name))
    scope.streams = schedule.streams + (configuration?.streams ?? []).filter { !streams.contains($0.name) }
    let selections = Set(schedule.volumes.map(\.name))
    scope.volumes = schedule.volumes + (configuration?.volumes ?? []).filter { !selections.contains($0.name) }
    scope.services = configuration?.services ?? []
    scope.configuration = configuration
    return scope
  }
}
