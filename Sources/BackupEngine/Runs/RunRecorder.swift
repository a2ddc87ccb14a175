import BackupCatalog
import BackupModel
import HostSystem
import JobEngine

/// Records the steps of a run in the catalog, each before it is performed, and how the attempts on sources ended.
struct RunRecorder: RunObserver {
  let catalog: Catalog
  let run: RunID
  /// The jobs whose tasks make points; what others do to a source isn't an attempt to back it up.
  let producingJobs: Set<String>
  let clock: any HostClock

  func record(_ events: [RunEvent<SourceID>], at elapsed: Duration) async throws {
    let entries = events.compactMap { JournalEntry($0, at: elapsed) }
    let attempts = events.compactMap(attempt)
    guard !entries.isEmpty || !attempts.isEmpty else { return }
    try await withWorkerThread {
      try catalog.runs.record(entries, of: run)
      try catalog.sources.record(attempts)
    }
  }

  private func attempt(_ event: RunEvent<SourceID>) -> SourceAttempt? {
    guard case .taskEnded(let task) = event, producingJobs.contains(task.id.job), task.attempts > 0 else { return nil }
    return SourceAttempt(
      on: task.id.subject, at: clock.now(), outcome: RecordedState(task.state), message: task.message, run: run,
      duration: task.duration, read: ByteCount(PointResult.number(task.results[PointResult.readBytes])),
      stored: ByteCount(PointResult.number(task.results[PointResult.storedBytes])),
      warnings: Int(PointResult.number(task.results[PointResult.warnings])))
  }
}

/// Passes the steps of a run on to several observers; the first one's record is made first.
struct RunObservers: RunObserver {
  let observers: [any RunObserver<SourceID>]

  func record(_ events: [RunEvent<SourceID>], at elapsed: Duration) async throws {
    for observer in observers { try await observer.record(events, at: elapsed) }
  }

  func note(_ progress: TaskProgress, of task: TaskID<SourceID>) {
    for observer in observers { observer.note(progress, of: task) }
  }
}
