public import BackupModel
public import HostSystem

/// Frees the room of what no point of a source needs any more.
///
/// New packs are complete and durable before an old one is taken out of use, and what is taken out of use lies in the trash until its
/// grace has passed: a crash at any instant, and a reader that began before, find everything. A prune that was interrupted is simply
/// begun anew.
public struct Prune: Sendable {
  /// What a prune did.
  public struct Report: Sendable {
    /// What it meant to do.
    public let plan: PrunePlan
    /// Packs taken out of use, and their bytes.
    public internal(set) var removed: (packs: Int, bytes: Int64) = (0, 0)
    /// Packs made of what was needed of others, and their bytes.
    public internal(set) var made: (packs: Int, bytes: Int64) = (0, 0)
    /// Files of earlier times whose grace had passed, removed now, and their bytes.
    public internal(set) var purged: (files: Int, bytes: Int64) = (0, 0)
    /// Why copying ended before its end: the disk is full.
    public internal(set) var shortfall: String?

    /// Nothing was done yet.
    public init(_ plan: PrunePlan) { self.plan = plan }
  }

  private let store: SourceStore
  private let rules: PrunePlan.Rules
  private let parameters: WriterParameters
  private let tool: String
  private let clock: any HostClock

  /// Prepares a prune.
  ///
  /// - Parameters:
  ///   - parameters: how large new packs become.
  ///   - tool: name and version of the program, for the attestations.
  public init(
    _ store: SourceStore, _ rules: PrunePlan.Rules = PrunePlan.Rules(),
    parameters: WriterParameters = WriterParameters(), tool: String, clock: any HostClock
  ) {
    self.store = store
    self.rules = rules
    self.parameters = parameters
    self.tool = tool
    self.clock = clock
  }

  /// Finds what would be done, changing nothing.
  ///
  /// - Throws: ``RepositoryError`` `damaged` if a point or a block of an index can't be read: nobody knows then what is needed;
  ///   `CancellationError`.
  public func plan(cancellation: Cancellation) throws -> PrunePlan {
    let ids = try store.pointIDs()
    var live = LiveChunks(try store.chunkReader(keepsTables: true))
    do {
      for id in ids { try live.add(try store.point(id).index, cancellation: cancellation) }
      if let checkpoint = try store.latestCheckpoint() {
        try live.add(checkpoint.index, cancellation: cancellation)
      }
      // Points that were forgotten a moment ago may still be read.
      for point in try store.trash.points(since: graceBegin) {
        try live.add(point.index, cancellation: cancellation)
      }
    } catch let error as RepositoryError where error.code == .damaged {
      throw RepositoryError(
        .damaged, "cannot prune \(store.source): what its points need can't be read", cause: error.message,
        hint: "nothing was removed; run `backupctl check \(store.source.name)`")
    }
    let history = AttestationHistory(try store.attestations.read().attestations)
    let usage = try PackUsage(
      of: store, live: live, existing: Set(ids), damaged: history.damagedFrames)
    return PrunePlan(usage, unfinished: try unfinished(ids, history), rules)
  }

  private var graceBegin: Timestamp { clock.now().adding(seconds: -rules.grace.components.seconds) }

  /// The attempts whose packs the next archive goes on with: those that came after the newest point and made none.
  private func unfinished(
    _ points: [RecoveryPointID], _ history: AttestationHistory
  ) throws -> Set<RecoveryPointID> {
    let newest = points.last
    return Set(try store.packNames().map(\.point)).filter { attempt in
      !points.contains(attempt) && !history.forgottenPoints.contains(attempt) && newest.map { $0 < attempt } ?? true
    }
  }

  /// Prunes. The caller holds the lock.
  ///
  /// - Throws: as ``plan(cancellation:)``; ``RepositoryError`` `writeFailed`. A disk that is full isn't an error: it is in the report.
  public func run(_ lock: SourceLock, cancellation: Cancellation) throws -> Report {
    try store.removeUnfinished(lock)
    try store.storage.makeDirectories(store.trashPath)
    // First what frees room and needs none.
    let purged = try store.trash.purge(before: graceBegin, lock)
    var report = Report(try plan(cancellation: cancellation))
    report.purged = purged
    if !report.plan.dead.isEmpty { try retire(report.plan.dead, made: nil, lock, &report) }
    guard !report.plan.rewritten.isEmpty else { return report }
    try rewrite(lock, &report, cancellation)
    return report
  }

  private func rewrite(_ lock: SourceLock, _ report: inout Report, _ cancellation: Cancellation) throws {
    let uses = Dictionary(uniqueKeysWithValues: report.plan.rewritten.map { ($0.pack, $0) })
    var highest = try highestNumbers()
    let copy = try PackCopy(store, parameters) { source in
      let number = highest[source.point, default: source.number] + 1
      highest[source.point] = number
      return PackName(point: source.point, number: number)
    }
    func retireReplaced(_ report: inout Report) throws {
      for replaced in copy.takeReplaced() {
        if let made = replaced.made {
          report.made.packs += 1
          report.made.bytes += try store.storage.open("\(store.packsPath)/\(made.fileName)").status().size
        }
        guard !replaced.packs.isEmpty else { continue }
        try retire(replaced.packs.compactMap { uses[$0] }, made: replaced.made, lock, &report)
      }
    }
    do {
      for use in report.plan.rewritten {
        try copy.add(use, cancellation)
        try retireReplaced(&report)
      }
      try copy.seal()
      try retireReplaced(&report)
    } catch let error as RepositoryError where error.isFull {
      try copy.abandon()
      report.shortfall = error.cause ?? error.message
    } catch {
      // The first error is the one to tell; what is unfinished is removed by the next writer.
      try? copy.abandon()
      throw error
    }
  }

  /// The highest number that a pack of each point ever had: a name is never given twice, since it is attested what was read under it.
  private func highestNumbers() throws -> [RecoveryPointID: Int] {
    let attestations = try store.attestations.read().attestations
    let known = try store.packNames() + attestations.flatMap { $0.removed + [$0.made, $0.pack].compactMap(\.self) }
    return known.reduce(into: [:]) { $0[$1.point] = max($0[$1.point, default: 0], $1.number) }
  }

  /// Takes packs out of use, after it was written down that this is meant.
  private func retire(
    _ uses: [PackUse], made: PackName?, _ lock: SourceLock, _ report: inout Report
  ) throws {
    var attestation = Attestation(at: clock.now(), action: .prune, result: .ok, tool: tool, seconds: 0)
    attestation.removed = uses.map(\.pack)
    attestation.made = made
    try store.attestations.append(attestation)
    for use in uses {
      try store.trash.take(use.pack.fileName, from: store.packsPath, at: clock.now(), lock)
      report.removed.packs += 1
      report.removed.bytes += use.fileBytes
    }
    // The name in the trash first: between the two a crash may leave both, never none.
    try store.storage.synchronizeDirectory(store.trashPath)
    try store.storage.synchronizeDirectory(store.packsPath)
    if rules.grace <= .zero {
      let purged = try store.trash.purge(before: clock.now().adding(seconds: 1), lock)
      report.purged.files += purged.files
      report.purged.bytes += purged.bytes
    }
  }
}

extension SourceStore {
  /// Takes points away: they are in the trash until a prune removes them after its grace. The caller holds the lock.
  ///
  /// Whether a point may go isn't decided here, but for holds.
  /// - Throws: ``RepositoryError`` `held` if a point is on hold, before any is taken away; `writeFailed`.
  public func forget(_ ids: [RecoveryPointID], at now: Timestamp, tool: String, _ lock: SourceLock) throws {
    for id in ids {
      guard let hold = try hold(on: id), hold.counts(at: now) else { continue }
      throw RepositoryError(
        .held, "cannot forget \(source)@\(id): it is on hold", cause: hold.reason,
        hint: "`backupctl release \(source.name)@\(id)` ends the hold")
    }
    try storage.makeDirectories(trashPath)
    for id in ids {
      var attestation = Attestation(at: now, action: .forget, result: .ok, tool: tool, seconds: 0)
      attestation.point = id
      try attestations.append(attestation)
      try trash.take("\(id).json", from: pointsPath, at: now, lock)
      try release(id, lock)
    }
    try storage.synchronizeDirectory(trashPath)
    try storage.synchronizeDirectory(pointsPath)
  }
}
