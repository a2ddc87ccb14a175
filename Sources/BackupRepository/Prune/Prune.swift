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
    /// How much of the repository's reserve is missing, since the disk is too full for it.
    public internal(set) var missingReserve = ByteCount.zero

    /// Nothing was done yet.
    public init(_ plan: PrunePlan) { self.plan = plan }
  }

  private let store: SourceStore
  private let rules: PrunePlan.Rules
  private let parameters: WriterParameters
  private let pacer: Pacer?
  private let threads: Int
  private let tool: String
  private let clock: any HostClock

  /// Prepares a prune.
  ///
  /// - Parameters:
  ///   - parameters: how large new packs become.
  ///   - pacer: holds copying back; nil copies as fast as it goes.
  ///   - threads: how many read indexes for the plan; nil is one for each processor.
  ///   - tool: name and version of the program, for the attestations.
  public init(
    _ store: SourceStore, _ rules: PrunePlan.Rules = PrunePlan.Rules(),
    parameters: WriterParameters = WriterParameters(), pacer: Pacer? = nil, threads: Int? = nil, tool: String,
    clock: any HostClock
  ) {
    self.store = store
    self.rules = rules
    self.parameters = parameters
    self.pacer = pacer
    self.threads = threads ?? availableProcessors()
    self.tool = tool
    self.clock = clock
  }

  /// Finds what would be done, changing nothing.
  ///
  /// - Throws: ``RepositoryError`` `damaged` if a point or a block of an index can't be read: nobody knows then what is needed;
  ///   `CancellationError`.
  public func plan(cancellation: Cancellation) throws -> PrunePlan {
    let ids = try store.pointIDs()
    // As a rule a file has a chunk of its own. Whether the point can be read is found out below.
    let expected = ids.last.flatMap { try? store.pointIfThere($0) }?.statistics.files ?? 0
    var live = LiveChunks(
      try store.chunkReader(keepsTables: true), expected: min(expected, 4 << 20), threads: threads)
    do {
      let partial = try store.partialPoints()
      var (whole, rest): ([IndexRoot], [IndexRoot]) = ([], [])
      for id in ids {
        // One that was forgotten since is in the trash, which is read after this.
        guard let point = try store.pointIfThere(id) else { continue }
        if partial.contains(id) { rest.append(point.index) } else { whole.append(point.index) }
      }
      // One that can't be read only costs the work that it would have saved; its packs stay anyway.
      if let checkpoint = try store.latestCheckpoint() { rest.append(checkpoint.index) }
      // Points that were forgotten a moment ago may still be read.
      rest += try store.trash.points(since: graceBegin).map(\.index)
      try live.add(whole, cancellation: cancellation)
      try live.add(rest, isPartial: true, cancellation: cancellation)
    } catch let error as RepositoryError where error.code == .damaged {
      throw RepositoryError(
        .damaged, "cannot prune \(store.source): what its points need can't be read", cause: error.message,
        hint: "nothing was removed; run `backupctl check \(store.source.name)`")
    }
    let history = AttestationHistory(try store.attestations.read().attestations)
    let usage = try PackUsage(
      of: store, live: live, existing: Set(ids), damaged: history.damagedFrames, replaced: history.replacedPacks)
    return PrunePlan(usage, unfinished: try store.unfinishedAttempts(points: ids, history), rules)
  }

  private var graceBegin: Timestamp { clock.now().adding(seconds: -rules.grace.components.seconds) }

  /// Prunes. The caller holds the lock.
  ///
  /// - Throws: as ``plan(cancellation:)``; ``RepositoryError`` `writeFailed`. A disk that is full isn't an error: it is in the report.
  public func run(_ lock: SourceLock, cancellation: Cancellation) throws -> Report {
    try store.removeUnfinished(lock)
    let room = ReservedRoom(store.storage)
    try room.whenFull { try store.storage.makeDirectories(store.trashPath) }
    // First what frees room and needs none.
    let purged = try store.trash.purge(before: graceBegin, lock)
    var report = Report(try plan(cancellation: cancellation))
    report.purged = purged
    if !report.plan.dead.isEmpty { try retire(report.plan.dead, made: nil, room, lock, &report) }
    if !report.plan.rewritten.isEmpty { try rewrite(room, lock, &report, cancellation) }
    report.missingReserve = try room.restore()
    try store.protectFiles(lock)
    return report
  }

  private func rewrite(
    _ room: ReservedRoom, _ lock: SourceLock, _ report: inout Report, _ cancellation: Cancellation
  ) throws {
    var names = try NewPackNames(store)
    func nameNext(_ source: PackName) -> PackName { names.next(after: source) }
    var left = report.plan.rewritten
    do {
      try copy(&left, sealingEach: false, nameNext, room, lock, &report, cancellation)
    } catch let error as RepositoryError where error.isFull {
      // One pack after another, the smallest first: each that goes may make room for the next.
      _ = room.release()
      left.sort { ($0.liveBytes, $0.pack) < ($1.liveBytes, $1.pack) }
      do {
        try copy(&left, sealingEach: true, nameNext, room, lock, &report, cancellation)
      } catch let error as RepositoryError where error.isFull {
        report.shortfall = shortfall(error, left)
      }
    }
  }

  /// Copies packs, and takes each out of use once all that is needed of it is durable elsewhere.
  ///
  /// - Parameters:
  ///   - left: the packs, in the order in which they are copied; those that were taken out of use are removed from it.
  ///   - sealsEach: whether a new pack is sealed after each, so that the old one needn't wait for others.
  private func copy(
    _ left: inout [PackUse], sealingEach sealsEach: Bool, _ nameNext: @escaping (PackName) -> PackName,
    _ room: ReservedRoom, _ lock: SourceLock, _ report: inout Report, _ cancellation: Cancellation
  ) throws {
    let uses = Dictionary(uniqueKeysWithValues: left.map { ($0.pack, $0) })
    let copy = try PackCopy(store, parameters, pacer: pacer, nameNext: nameNext)
    func retireReplaced(_ left: inout [PackUse], _ report: inout Report) throws {
      for replaced in copy.takeReplaced() {
        if let made = replaced.made {
          report.made.packs += 1
          report.made.bytes += try store.storage.open("\(store.packsPath)/\(made.fileName)").status().size
        }
        guard !replaced.packs.isEmpty else { continue }
        try retire(replaced.packs.compactMap { uses[$0] }, made: replaced.made, room, lock, &report)
        left.removeAll { replaced.packs.contains($0.pack) }
      }
    }
    do {
      for use in left {
        try copy.add(use, cancellation)
        if sealsEach { try copy.seal() }
        try retireReplaced(&left, &report)
      }
      try copy.seal()
      try retireReplaced(&left, &report)
    } catch let error as RepositoryError where error.isFull {
      try copy.abandon()
      // What was sealed before the disk was full makes room for the rest.
      try retireReplaced(&left, &report)
      throw error
    } catch {
      // The first error is the one to tell; what is unfinished is removed by the next writer.
      try? copy.abandon()
      throw error
    }
  }

  /// What a person has to know when not all could be copied.
  private func shortfall(_ error: RepositoryError, _ left: [PackUse]) -> String {
    var text = error.cause ?? error.message
    // The words are good without the numbers.
    if let available = try? store.storage.directory?.space().available, let next = left.first {
      text += "; the next of \(left.count) packs needs \(ByteCount(next.liveBytes)), \(available) are free"
    }
    // And without these.
    if rules.grace > .zero, let trash = try? store.trash.size(), trash.bytes > 0 {
      text +=
        "; \(ByteCount(trash.bytes)) in the trash are freed at once by `backupctl prune \(store.source.name) --grace 0s`"
      text += " if no other command reads the repository"
    }
    return text
  }

  /// Takes packs out of use, after it was written down that this is meant.
  private func retire(
    _ uses: [PackUse], made: PackName?, _ room: ReservedRoom, _ lock: SourceLock, _ report: inout Report
  ) throws {
    var attestation = Attestation(at: clock.now(), action: .prune, result: .ok, tool: tool, seconds: 0)
    attestation.removed = uses.map(\.pack)
    attestation.made = made
    let madeBytes = try made.map { try store.storage.open("\(store.packsPath)/\($0.fileName)").status().size }
    attestation.bytes = uses.reduce(0) { $0 + $1.fileBytes } - (madeBytes ?? 0)
    try room.whenFull { try store.attestations.append(attestation) }
    for use in uses {
      try room.whenFull { try store.trash.take(use.pack.fileName, from: store.packsPath, at: clock.now(), lock) }
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
  /// The attempts whose packs the next archive goes on with: those that came after the newest point and made none.
  func unfinishedAttempts(
    points: [RecoveryPointID], _ history: AttestationHistory
  ) throws -> Set<RecoveryPointID> {
    let newest = points.last
    return Set(try packNames().map(\.point)).filter { attempt in
      !points.contains(attempt) && !history.forgottenPoints.contains(attempt) && newest.map { $0 < attempt } ?? true
    }
  }

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
    // An archive that found no room may have left what takes the last of it.
    try removeUnfinished(lock)
    let room = ReservedRoom(storage)
    try room.whenFull { try storage.makeDirectories(trashPath) }
    for id in ids {
      var attestation = Attestation(at: now, action: .forget, result: .ok, tool: tool, seconds: 0)
      attestation.point = id
      try room.whenFull { try attestations.append(attestation) }
      try room.whenFull { try trash.take("\(id).json", from: pointsPath, at: now, lock) }
      try release(id, lock)
      try unmark(id, lock)
    }
    try storage.synchronizeDirectory(trashPath)
    try storage.synchronizeDirectory(pointsPath)
    try protectFiles(lock)
  }
}
