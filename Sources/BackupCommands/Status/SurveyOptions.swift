import ArgumentParser
import BackupCatalog
import BackupEngine
import BackupModel
import BackupPolicy
import BackupReporting
import BackupRepository
import HostSystem

/// Looks at the host for the commands that report on it.
struct SurveyOptions: ParsableArguments {
  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions

  /// The configuration, which must exist: without one nothing is declared.
  func configuration() throws -> Configuration {
    let given = try repository.configuration()
    guard let given else {
      throw CommandError(
        .usage, "cannot tell what should be protected: there is no configuration",
        hint: "give one with --config or $BACKUPCTL_CONFIG; docs/configuration.md has a first one")
    }
    return given
  }

  /// Surveys the host and reports; what couldn't be looked at is said on standard error.
  ///
  /// A repository that isn't there is a finding of the report, not an error.
  func report() async throws -> HostReport {
    let environment = CommandEnvironment.current
    let configuration = try configuration()
    let opened = openRepository(configuration, environment)
    let catalog = try state.readCatalog(configuration)
    let schedules = try await ScheduleFiles(configuration).nextStarts(catalog)
    let survey = HostSurvey(
      configuration: configuration, repository: opened, catalog: catalog, schedules: schedules, host: hostName(),
      version: toolVersion, volumes: try await VolumeWork.seen(configuration, catalog: catalog))
    let (observation, problems) = try survey.observe(clock: environment.clock)
    for problem in problems { environment.messages.line("warning: \(problem)") }
    return HostReport(observation)
  }

  private func openRepository(_ configuration: Configuration, _ environment: CommandEnvironment) -> Repository? {
    do {
      return try repository.open(configuration)
    } catch {
      environment.messages.line("warning: \(error)")
      return nil
    }
  }
}

extension ScheduleFiles {
  /// The schedules, and when the timer of each should start it first after its last run; after now if it never ran.
  ///
  /// Without systemd's tools no times are known.
  func nextStarts(_ catalog: Catalog?) async throws -> [String: Timestamp?] {
    var starts: [String: Timestamp?] = [:]
    for schedule in try all() {
      let last = try catalog?.runs.latest(ofSchedule: schedule.name, limit: 1).first?.begun
      var next: Timestamp?
      for expression in schedule.timer?.onCalendar ?? [] {
        // A missing tool or a mistake in the expression is what `timers list` is for.
        guard let time = try? await CalendarCheck.nextTime(expression, of: schedule.name, after: last) else { continue }
        next = next.map { min($0, time) } ?? time
      }
      starts[schedule.name] = .some(next)
    }
    return starts
  }
}
