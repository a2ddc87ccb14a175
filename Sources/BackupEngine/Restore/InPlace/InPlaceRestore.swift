public import BackupModel
public import BackupRepository
public import HostSystem

/// Restores trees in place: each is made beside the live one, compared with its point, and exchanged with it; what was
/// replaced is kept.
///
/// Every step is noted on the medium before it begins, and can be done again. A process that dies at any instant leaves either
/// the old tree or the new one under the live name, whole, and ``proceed(_:_:progress:cancellation:)`` goes on from there.
public struct InPlaceRestore: Sendable {
  /// A moment between two things that change something, at which a test can end the world.
  enum Moment: Hashable, Sendable {
    case beforeNote, afterNote, beforePlace, afterPlace, beforeTree, afterTree, afterComparison, beforeExchange
    case afterExchange, beforeRemoval, afterRemoval
  }

  private let journal: RestoreJournal
  private let clock: any HostClock
  var moment: @Sendable (Moment) throws -> Void = { _ in }
  var threads = availableProcessors()

  /// Prepares restores whose journals are in a state directory.
  public init(journal: RestoreJournal, clock: any HostClock) {
    self.journal = journal
    self.clock = clock
  }

  // MARK: - Beginning

  /// Begins what a plan says: notes it, and takes the lock under which it is worked on.
  ///
  /// - Throws: ``EngineError`` `busy` if another process restores to one of the trees; `refused` if an earlier restore of one isn't
  ///   finished, or keeps its undo in one.
  public func begin(_ plan: InPlacePlan) throws -> (record: RestoreRecord, lock: FileLock) {
    let beginning = try journal.lock()
    defer { withExtendedLifetime(beginning) {} }
    for part in plan.parts { try refuseOverlap(of: part) }
    try refuseOverlap(within: plan)
    let id = try journal.newID(at: clock.now())
    let record = RestoreRecord(
      id: id, name: plan.name, repository: plan.parts.first?.store.repositoryID ?? "", begun: clock.now(),
      keepSeconds: plan.keepUndo.components.seconds,
      parts: plan.parts.enumerated().map { number, part in
        RestoreRecord.Part(
          source: part.store.source, point: part.point.id, live: JournaledPath(part.live.path),
          place: JournaledPath(
            (part.live.beside == [0x2F] ? [] : part.live.beside) + [0x2F] + RestorePlace.name(id, part: number + 1)),
          paths: part.paths.map(JournaledPath.init(_:)), bytes: part.bytes.bytes)
      })
    let lock = try journal.lock(id)
    try note(record)
    return (record, lock)
  }

  private func refuseOverlap(of part: InPlacePlan.Part) throws {
    let path = part.live.path
    for record in try journal.records() where record.keepsAnything {
      for other in record.parts where other.state != .removed {
        let live = other.live.bytes
        if !record.isReached, isPath(live, atOrBelow: path) || isPath(path, atOrBelow: live) {
          if try journal.isRunning(record.id) {
            throw EngineError(
              .busy,
              "cannot restore to \(path.displayedPath): the restore \(record.id) is working on \(live.displayedPath)",
              hint: "wait until it has ended; `backupctl restore list` shows it")
          }
          throw EngineError(
            .refused,
            "cannot restore to \(path.displayedPath): the restore \(record.id) of \(live.displayedPath) isn't finished",
            hint: "go on with it, `backupctl restore --resume \(record.id)`, or take it back, "
              + "`backupctl restore --undo \(record.id)`")
        }
        if part.paths.isEmpty, isPath(other.place.bytes, atOrBelow: path) {
          throw EngineError(
            .refused, "cannot restore to \(path.displayedPath): the undo of the restore \(record.id) is kept in it",
            hint: "remove that one first if it isn't needed any more: `backupctl restore --forget \(record.id)`")
        }
      }
    }
  }

  private func refuseOverlap(within plan: InPlacePlan) throws {
    for (number, part) in plan.parts.enumerated() {
      guard
        let other = plan.parts[..<number].first(where: {
          isPath($0.live.path, atOrBelow: part.live.path) || isPath(part.live.path, atOrBelow: $0.live.path)
        })
      else { continue }
      throw EngineError(
        .refused,
        "cannot restore \(other.store.source) and \(part.store.source) in place at once: one directory holds the other",
        hint: "restore one after the other, with --source")
    }
  }

  /// Takes up a restore that was begun earlier.
  ///
  /// - Parameter intent: what is wanted now; nil for what was wanted before.
  /// - Throws: ``EngineError`` `busy`; `refused` if that makes no sense now.
  public func take(
    _ id: RestoreID, _ intent: RestoreRecord.Intent?
  ) throws -> (record: RestoreRecord, lock: FileLock) {
    let lock = try journal.lock(id)
    var record = try journal.record(id)
    if let intent, intent != record.intent {
      try requireSense(of: intent, for: record)
      record.intent = intent
      record.ended = nil
      try note(record)
    } else if record.isReached {
      throw EngineError(
        .nothingToDo,
        "cannot \(intent == nil ? "go on with" : (intent ?? .restore).verb) the restore \(id): "
          + record.reachedText, hint: "`backupctl restore list` shows what can be done")
    }
    return (record, lock)
  }

  private func requireSense(of intent: RestoreRecord.Intent, for record: RestoreRecord) throws {
    func refusal(_ why: String, _ hint: String? = nil) -> EngineError {
      EngineError(.refused, "cannot \(intent.verb) the restore \(record.id): \(why)", hint: hint)
    }
    if record.parts.contains(where: { $0.state == .removing || ($0.state == .removed && $0.wasLive) }) {
      let when = record.isExpired(at: clock.now()) ? ", after it had expired" : ""
      throw refusal(
        "what it kept was removed\(when)", "restore another point with `backupctl restore … --in-place --at TIME`")
    }
    if intent == .forget, !record.isReached {
      throw refusal(
        "it isn't finished",
        "finish it, `backupctl restore --resume \(record.id)`, or take it back, `backupctl restore --undo \(record.id)`"
      )
    }
    if intent == .restore { throw refusal("it was taken back", "restore anew with `backupctl restore … --in-place`") }
  }

  // MARK: - Going on

  /// Does what is left to be done until what is wanted is reached.
  ///
  /// - Parameters:
  ///   - record: from ``begin(_:)`` or ``take(_:_:)``, whose lock is held meanwhile.
  ///   - store: opens the store of a source; asked only for what is still to be restored.
  /// - Returns: the record as it is noted now.
  /// - Throws: ``EngineError`` `restoreFailed`, `damaged`, `targetUnusable`; `CancellationError`. What was live is live still,
  ///   and the message says how to go on.
  public func proceed(
    _ record: RestoreRecord, _ store: (SourceID) throws -> SourceStore, progress: RestoreProgress,
    cancellation: Cancellation
  ) throws -> RestoreRecord {
    var record = record
    while true {
      let move = try RestoreMove.next(of: record) { part, item in
        try attempt(record, part) { exchange throws(SystemError) in
          try exchange.side(of: record.parts[part].exchanges[item])
        }
      }
      switch move {
      case .fill(let part):
        do {
          try fill(&record, part, store, progress, cancellation)
        } catch let error as HopelessRestore {
          // Going on later would meet the same again: what is beside is removed, nothing live has changed.
          record.intent = .undo
          try note(record)
          _ = try proceed(record, store, progress: progress, cancellation: Cancellation())
          throw error.cause
        }
      case .note(let part, let state):
        record.parts[part].state = state
        if state == .exchanging { record.parts[part].wasLive = true }
        if state == .exchanged || state == .undone { record.expires = clock.now().adding(seconds: record.keepSeconds) }
        try note(record)
      case .exchange(let part, let item):
        try moment(.beforeExchange)
        try attempt(record, part) { exchange throws(SystemError) in
          try exchange.exchange(record.parts[part].exchanges[item], back: record.intent == .undo)
        }
        try moment(.afterExchange)
      case .remove(let part):
        try requireNoMount(in: record, part)
        try moment(.beforeRemoval)
        try attempt(record, part) { exchange throws(SystemError) in try exchange.remove() }
        try moment(.afterRemoval)
        record.parts[part].state = .removed
        try note(record)
      case .stop(let part, let item):
        throw changed(record, part, item)
      case .done:
        if record.ended == nil {
          record.ended = clock.now()
          try note(record)
        }
        return record
      }
    }
  }

  private func fill(
    _ record: inout RestoreRecord, _ number: Int, _ open: (SourceID) throws -> SourceStore,
    _ progress: RestoreProgress, _ cancellation: Cancellation
  ) throws {
    let part = record.parts[number]
    let exchange = PlaceExchange(part: part)
    let begun = clock.elapsed()
    try moment(.beforePlace)
    do throws(SystemError) {
      try exchange.make()
    } catch {
      throw HopelessRestore(cause: cannotMakePlace(part, error))
    }
    try moment(.afterPlace)
    let store = try open(part.source)
    var filling = TreeFilling(store: store, part: part, target: exchange.tree, clock: clock, threads: threads)
    filling.moment = moment
    do {
      try filling.run(progress, cancellation)
    } catch let error as EngineError where error.code == .restoreFailed {
      throw unfinished(record, error)
    } catch let error as SystemError {
      throw unfinished(record, error)
    }
    try moment(.afterComparison)
    record.parts[number].exchanges = try attempt(record, number) { exchange throws(SystemError) in
      try exchange.findExchanges()
    }
    record.parts[number].seconds = (clock.elapsed() - begun).inSeconds
    record.parts[number].state = .filled
    try note(record)
  }

  private func requireNoMount(in record: RestoreRecord, _ part: Int) throws {
    let place = record.parts[part].place.bytes
    guard let mount = try MountTable.current().mounts.first(where: { isPath($0.mountPoint, atOrBelow: place) }) else {
      return
    }
    throw EngineError(
      .refused, "cannot remove \(place.displayedPath): \(mount.mountPoint.displayedPath) is mounted in it",
      hint: "unmount it, `umount \(mount.mountPoint.displayedPath)`, then `backupctl restore --resume \(record.id)`")
  }

  private func note(_ record: RestoreRecord) throws {
    try moment(.beforeNote)
    try journal.store(record)
    try moment(.afterNote)
  }

  private func attempt<Result>(
    _ record: RestoreRecord, _ part: Int, _ body: (PlaceExchange) throws(SystemError) -> Result
  ) throws -> Result {
    do throws(SystemError) {
      return try body(PlaceExchange(part: record.parts[part]))
    } catch {
      throw unfinished(record, error)
    }
  }
}

/// A failure that going on later would meet again.
struct HopelessRestore: Error {
  let cause: EngineError
}
