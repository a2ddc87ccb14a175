import BackupCatalog
import BackupEngine
import BackupModel
import BackupPolicy
import BackupReporting
import BackupRepository
import HostSystem
import JobEngine
import Synchronization

/// Tells those who watch how a run is doing: metrics at its start, after its tasks, when it is stopped and at its end;
/// notifications and dead-man switches at its ends.
///
/// What can't be told is a warning on standard error; it never fails a run.
final class RunTelling: RunObserver {
  /// After a task's end metrics are written at most this often; what comes in between is in the next page.
  private static let interval = Duration.seconds(15)

  private let schedule: String
  private let configuration: Configuration?
  private let catalog: Catalog
  private let repository: Repository
  private let beat: RunBeat
  private let environment: CommandEnvironment
  private let delivery: ReportDelivery
  private let lastWritten = Mutex<Duration?>(nil)
  /// Asks for a page of metrics; what is asked for while one is being written is one further page.
  private let wishes: AsyncStream<Void>.Continuation
  private let pages: AsyncStream<Void>
  private let writing = Mutex<Task<Void, Never>?>(nil)

  init(
    schedule: String, configuration: Configuration?, catalog: Catalog, repository: Repository, beat: RunBeat,
    environment: CommandEnvironment
  ) {
    self.schedule = schedule
    self.configuration = configuration
    self.catalog = catalog
    self.repository = repository
    self.beat = beat
    self.environment = environment
    delivery = ReportDelivery(configuration)
    (pages, wishes) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// The run begins.
  ///
  /// Telling goes on beside the run: a gateway that doesn't answer must not hold up a step, least of all a wish to stop.
  func begun() {
    wishes.yield()
    let task = Task { [self] in
      if delivery.tellsAnybody {
        warn(await delivery.ping(.start, schedule: schedule, summary: "\(schedule) begins"))
      }
      for await _ in pages { await writeMetrics() }
    }
    writing.withLock { $0 = task }
  }

  /// The run is over and the journal says so.
  func ended(_ record: RunRecord, _ summary: RunSummary<SourceID>) async {
    wishes.finish()
    await writing.withLock { $0 }?.value
    guard delivery.writesMetrics || delivery.tellsAnybody else { return }
    guard let report = await writeMetrics() else { return }
    let state = ScheduleRunState(record.state)
    do {
      warn(try await delivery.announce(state, of: schedule, in: report, book: catalog.announcements))
    } catch {
      warn(["\(error)"])
    }
    if let event = DeadManEvent(state) {
      warn(await delivery.ping(event, schedule: schedule, summary: "\(record.id) \(record.state.rawValue)"))
    }
  }

  func record(_ events: [RunEvent<SourceID>], at elapsed: Duration) async throws {
    guard delivery.writesMetrics else { return }
    var isDue = false
    for event in events {
      switch event {
      case .cancelRequested: isDue = true
      case .taskEnded:
        isDue = isDue || lastWritten.withLock { $0.map { environment.clock.elapsed() - $0 >= Self.interval } ?? true }
      default: break
      }
    }
    if isDue { wishes.yield() }
  }

  /// Looks at the host and writes the metrics.
  ///
  /// - Returns: the report; nil without a configuration, or if the host can't be looked at.
  @discardableResult
  private func writeMetrics() async -> HostReport? {
    guard let configuration, delivery.writesMetrics || delivery.tellsAnybody else { return nil }
    lastWritten.withLock { $0 = environment.clock.elapsed() }
    do {
      let schedules = try await ScheduleFiles(configuration).nextStarts(catalog)
      let known = schedules.merging([schedule: nil]) { declared, _ in declared }
      let survey = HostSurvey(
        configuration: configuration, repository: repository, catalog: catalog, schedules: known, host: hostName(),
        version: toolVersion, volumes: try await VolumeWork.seen(configuration, catalog: catalog))
      let counts = beat.current.counts
      let progress = ScheduleRunProgress(endedTasks: counts.ended, allTasks: counts.known)
      let (clock, name) = (environment.clock, schedule)
      let (observation, problems) = try await withWorkerThread {
        try survey.noteDeclared(clock: clock)
        return try survey.observe(clock: clock, progress: [name: progress])
      }
      warn(problems)
      let report = HostReport(observation)
      warn(await delivery.writeMetrics(report))
      return report
    } catch {
      warn(["cannot look at the host: \(error)"])
      return nil
    }
  }

  private func warn(_ warnings: [String]) {
    for warning in warnings { environment.messages.line("warning: \(warning)") }
  }
}
