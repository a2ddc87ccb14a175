public import BackupCatalog
public import BackupModel
public import HostSystem
public import JobEngine

/// One run of a schedule with its lock, its journal and the clean-up after runs that died.
public struct RecordedRun: Sendable {
  /// What is run, and by whom.
  public struct Request: Sendable {
    /// The name of the schedule.
    public var schedule: String
    /// Its file, for people.
    public var file: String
    /// Its graph, checked as a whole.
    public var run: ScheduleRun
    /// The id of the repository.
    public var repositoryID: String
    /// The host's name.
    public var host: String
    /// Name and version of the program.
    public var tool: String
    /// Who holds the lock, for whoever finds it held.
    public var holder: String
    /// This process.
    public var process: ProcessIdentity

    /// Gathers a request.
    public init(
      schedule: String, file: String, run: ScheduleRun, repositoryID: String, host: String, tool: String,
      holder: String, process: ProcessIdentity
    ) {
      self.schedule = schedule
      self.file = file
      self.run = run
      self.repositoryID = repositoryID
      self.host = host
      self.tool = tool
      self.holder = holder
      self.process = process
    }
  }

  private let request: Request
  private let catalog: Catalog
  private let clock: any HostClock
  private let lock: ScheduleLock
  private let finished: [FinishedTask<SourceID>]
  /// The run as the journal has it at its beginning.
  public let record: RunRecord
  /// What was found of runs that died, and removed: lines for a person.
  public let remarks: [String]

  /// Takes the schedule's lock, cleans up after runs that died, and begins the run in the journal. Blocks.
  ///
  /// - Parameters:
  ///   - resumes: whether to go on with the last run. What that one did isn't done again.
  /// - Throws: ``EngineError`` `busy` if a run of the schedule is going on; `badSpecification` if there is none to resume,
  ///   `nothingToDo` if the last one ended well; `CatalogError`.
  ///   - volumes: removes what dead runs left of volumes; nil if there is nothing of the kind.
  public init(
    _ request: Request, in catalog: Catalog, resumes: Bool = false, volumes: VolumeHost? = nil, clock: any HostClock
  ) async throws {
    self.request = request
    self.catalog = catalog
    self.clock = clock
    lock = try ScheduleLock(of: request.schedule, in: PathBytes(path: catalog.directory), holder: request.holder)
    let dead = try catalog.runs.markDead(ofSchedule: request.schedule)
    try Self.recordAttempts(of: dead, request.run.producingJobs, in: catalog)
    var remarks = dead.map { "run \($0.id) died: \($0.message)" }
    remarks += try await LeaseReclaim(book: catalog.leases, volumes: volumes.map { VolumeLeftovers(host: $0) }).run()
    let resumed = resumes ? try Self.runToResume(of: request.schedule, in: catalog) : nil
    finished = try resumed.map { try Self.finishedTasks(of: $0.id, in: catalog) } ?? []
    record = try catalog.runs.begin(
      RunStart(
        of: request.schedule, from: request.file, tool: request.tool, host: request.host, process: request.process,
        repository: request.repositoryID, resuming: resumed?.id, jobs: request.run.graph.jobs.map(\.name)))
    let id = record.id
    self.remarks = remarks
    if !remarks.isEmpty {
      try catalog.runs.record(remarks.map { JournalEntry(at: .zero, .remark($0)) }, of: id)
    }
  }

  /// What was being backed up when a run died is an attempt that failed.
  private static func recordAttempts(of dead: [RunRecord], _ producing: Set<String>, in catalog: Catalog) throws {
    for run in dead {
      let tasks = try catalog.runs.jobs(of: run.id).filter { producing.contains($0.name) }.flatMap(\.tasks)
      try catalog.sources.record(
        tasks.filter { $0.state == .died }.compactMap { task in
          guard let source = SourceID(parsing: task.name.subject) else { return nil }
          return SourceAttempt(
            on: source, at: run.ended ?? run.begun, outcome: .died, message: task.message, run: run.id)
        })
    }
  }

  /// The last run, if it is one that can be gone on with.
  private static func runToResume(of schedule: String, in catalog: Catalog) throws -> RunRecord {
    guard let last = try catalog.runs.latest(ofSchedule: schedule, limit: 1).first else {
      throw EngineError(
        .badSpecification, "cannot resume: there was no run of \(schedule)",
        hint: "begin one with `backupctl run \(schedule)`")
    }
    guard last.state.isResumable else {
      throw EngineError(
        .nothingToDo, "nothing to resume: the last run of \(schedule), \(last.id), ended \(last.state.rawValue)",
        hint: "begin another one with `backupctl run \(schedule)`")
    }
    return last
  }

  private static func finishedTasks(of run: RunID, in catalog: Catalog) throws -> [FinishedTask<SourceID>] {
    try catalog.runs.usableTasks(of: run).compactMap { task in
      guard let subject = SourceID(parsing: task.name.subject) else { return nil }
      return FinishedTask(
        TaskID(job: task.name.job, subject: subject), grade: task.state == .succeeded ? .succeeded : .degraded,
        message: task.message, results: task.results)
    }
  }

  /// Runs the graph to its end and records how it ended; holds the schedule's lock until then.
  ///
  /// - Parameters:
  ///   - run: what is run, if it was made again to know its name; else the request's.
  ///   - observers: told of each step after it is in the journal.
  ///   - control: interrupts the run.
  /// - Throws: `CatalogError` if the end couldn't be recorded; the next run then takes this one for dead.
  public func run(
    _ run: ScheduleRun? = nil, observers: [any RunObserver<SourceID>], control: RunControl
  ) async throws -> (summary: RunSummary<SourceID>, record: RunRecord) {
    let recorder = RunRecorder(
      catalog: catalog, run: record.id, producingJobs: request.run.producingJobs, clock: clock)
    let summary = try await (run ?? request.run).run(
      finished: finished, observer: RunObservers(observers: [recorder] + observers), control: control)
    let ended = try await withWorkerThread {
      let ended = try catalog.runs.finish(
        record.id, as: RunState(summary.result), message: summary.recordingFailure.map { "not recorded: \($0)" } ?? "")
      _ = try catalog.runs.forgetOld()
      return ended
    }
    withExtendedLifetime(lock) {}
    return (summary, ended)
  }
}
