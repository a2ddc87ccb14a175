public import BackupModel
public import BackupPolicy
public import BackupRepository
public import HostSystem

/// Forgets points of one source and frees their room, under the source's lock.
public struct SourceRetention: Sendable {
  private let store: SourceStore
  private let tool: String
  private let holder: String
  private let clock: any HostClock
  private let calendar: LocalCalendar
  private let parameters: WriterParameters
  private let pacer: Pacer?
  private let threads: Int?

  /// Prepares the work on a source.
  ///
  /// - Parameters:
  ///   - parameters: when the new packs of a prune are sealed.
  ///   - pacer: holds the copying of a prune back; nil copies as fast as it goes.
  ///   - threads: how many read indexes for the plan of a prune; nil is one for each processor.
  ///   - tool: name and version of the program, for the attestations.
  ///   - holder: what to write into the lock file, for whoever finds it held.
  ///   - calendar: what tells hours, days and weeks apart.
  public init(
    _ store: SourceStore, parameters: WriterParameters, pacer: Pacer?, threads: Int?, tool: String, holder: String,
    clock: any HostClock, calendar: LocalCalendar
  ) {
    self.store = store
    self.parameters = parameters
    self.pacer = pacer
    self.threads = threads
    self.tool = tool
    self.holder = holder
    self.clock = clock
    self.calendar = calendar
  }

  /// What rules and floors keep and drop now.
  ///
  /// - Throws: `RepositoryError`.
  public func plan(_ rules: KeepRules) throws -> PointRetention {
    let now = clock.now()
    return PointRetention(
      of: store.source, try PointRetention.Fact.all(of: store, now: now), rules, now: now, calendar: calendar)
  }

  /// Forgets what a plan drops, unless by now a reason has come up to keep it.
  ///
  /// - Returns: the points that were forgotten, newest first.
  /// - Throws: `RepositoryError` `busy`, `writeFailed`; ``EngineError`` `refused` if the plan drops more than may go at once.
  public func forget(
    _ shown: PointRetention, _ rules: KeepRules, mostRemoved: Percentage
  ) throws -> [RecoveryPointID] {
    try shown.check(mostRemoved: mostRemoved)
    guard !shown.dropped.isEmpty else { return [] }
    let lock = try store.lock(holder: holder, to: "forget points of")
    // What is newest, verified or held may be another point than when the plan was shown.
    let beyondRules = shown.verdicts.filter { $0.because != nil }.map(\.fact.id)
    let still = Set(try plan(rules).dropping(Set(beyondRules), because: "as shown").dropped)
    let ids = shown.dropped.filter(still.contains)
    try store.forget(ids, at: clock.now(), tool: tool, lock)
    return ids
  }

  /// Forgets points that a person named.
  ///
  /// - Parameter allowingNewest: whether the newest good point may be among them.
  /// - Throws: `RepositoryError` `held`, `busy`, `writeFailed`; ``EngineError`` `refused`.
  public func forget(_ ids: [RecoveryPointID], allowingNewest: Bool) throws {
    let lock = try store.lock(holder: holder, to: "forget points of")
    if !allowingNewest, let newest = try store.latestGoodPoint(unreadable: { _, _ in }), ids.contains(newest.id) {
      throw EngineError(
        .refused, "cannot forget \(store.source)@\(newest.id): it is the newest good point",
        hint: "make a newer one with `backupctl archive`, or add `--allow-newest`")
    }
    try store.forget(ids, at: clock.now(), tool: tool, lock)
  }

  /// What a prune would do, changing nothing.
  ///
  /// - Throws: `RepositoryError`; `CancellationError`.
  public func prunePlan(_ rules: PrunePlan.Rules, cancellation: Cancellation) throws -> PrunePlan {
    try Prune(store, rules, parameters: parameters, threads: threads, tool: tool, clock: clock).plan(
      cancellation: cancellation)
  }

  /// Prunes.
  ///
  /// - Throws: `RepositoryError` `busy`, `damaged`, `writeFailed`; `CancellationError`.
  public func prune(_ rules: PrunePlan.Rules, cancellation: Cancellation) throws -> Prune.Report {
    try Prune(store, rules, parameters: parameters, pacer: pacer, threads: threads, tool: tool, clock: clock)
      .run(try store.lock(holder: holder, to: "prune"), cancellation: cancellation)
  }
}
