public import BackupModel
public import BackupRepository
public import HostSystem
import VolumeSnapshots

/// Restores trees and volumes in place: each is made beside the live one, compared with its point, and exchanged with it; what
/// was replaced is kept.
///
/// Every step is noted on the medium before it begins, and can be done again. A process that dies at any instant leaves either
/// the old one or the new one under the live name, whole, and ``proceed(_:_:progress:)`` goes on from there. Of a directory that can't
/// be exchanged itself this is so for each name in it.
public struct InPlaceRestore: Sendable {
  /// A moment between two things that change something, at which a test can end the world.
  enum Moment: Hashable, Sendable {
    case beforeNote, afterNote, beforePlace, afterPlace, beforeTree, afterTree, afterComparison, beforeExchange
    case afterExchange, beforeRoot, afterRoot, beforeRemoval, afterRemoval, beforeStop, afterStop, beforeStart
    case afterStart
  }

  private let journal: RestoreJournal
  private let clock: any HostClock
  /// The means to work on volumes; nil where there are none to work on.
  public var volumes: VolumeUse?
  /// Told what isn't as it should be though the restore is done.
  public var warn: @Sendable (String) -> Void = { _ in }
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
    var record = RestoreRecord(
      id: id, name: plan.name, repository: plan.parts.first?.store.repositoryID ?? "", begun: clock.now(),
      keepSeconds: plan.keepUndo.components.seconds,
      parts: try plan.parts.enumerated().map { number, part in try Self.part(part, of: id, number: number + 1) })
    record.named = plan.named.isEmpty ? nil : plan.named
    let lock = try journal.lock(id)
    try note(record)
    return (record, lock)
  }

  private static func part(_ part: InPlacePlan.Part, of id: RestoreID, number: Int) throws -> RestoreRecord.Part {
    let place: PathBytes
    var volume: RestoreRecord.Volume?
    var root: StayingRoot?
    switch part.live {
    case .tree(let tree):
      do throws(SystemError) {
        if tree.anchor != nil { root = try StayingRoot(tree) }
      } catch {
        throw EngineError(
          .targetUnusable, "cannot restore in place to \(tree.path.displayedPath): \(error.reason)", cause: error.cause,
          hint: "nothing was changed")
      }
      place = (tree.beside == [0x2F] ? [] : tree.beside) + [0x2F] + RestorePlace.name(id, part: number)
    case .volume(let live):
      volume = RestoreRecord.Volume(live, part, RestorePlace.volumes(id, part: number, of: live.name))
      place = PathBytes(path: "/dev/\(live.name.group)/") + RestorePlace.volumeName(id, part: number)
    }
    return RestoreRecord.Part(
      source: part.store.source, point: part.snapshot == nil ? part.point.id : nil, live: JournaledPath(part.live.path),
      place: JournaledPath(place), paths: part.paths.map(JournaledPath.init(_:)), bytes: part.bytes.bytes,
      volume: volume, root: root)
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
        if part.paths.isEmpty, isPath(other.place.bytes, atOrBelow: path), !part.live.leaves(other.place.bytes) {
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
    if intent == .undo, let later = try journal.laterRestore(of: record) {
      throw refusal(
        "the restore \(later) replaced what is in the same directory after it",
        "take that one back first: `backupctl restore --undo \(later)`")
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
    _ record: RestoreRecord, _ store: @escaping @Sendable (SourceID) throws -> SourceStore, progress: RestoreProgress
  ) async throws -> RestoreRecord {
    var record = record
    while true {
      let part = record.partInExchange
      let sides =
        if let part { try await attempt(record) { try await work(record, part, store).sides() } } else {
          [RestoreExchange.Side]()
        }
      switch RestoreMove.next(of: record, side: { _, item in sides[item] }) {
      case .fill(let part):
        do {
          try await fill(&record, part, store, progress)
        } catch let error as HopelessRestore {
          // Going on later would meet the same again: what is beside is removed, nothing live has changed.
          record.intent = .undo
          try note(record)
          let given = record
          _ = try await Task { try await proceed(given, store, progress: progress) }.value
          throw error.cause
        }
      case .note(let part, let state):
        if let root = record.parts[part].root { try await work(on: root, of: part, before: state, &record, store) }
        record.parts[part].state = state
        if state == .exchanging { record.parts[part].wasLive = true }
        if state == .exchanged || state == .undone { record.expires = clock.now().adding(seconds: record.keepSeconds) }
        try note(record)
      case .exchange(let part, _) where record.parts[part].root != nil:
        let isBack = record.intent == .undo
        try await attempt(record) { try await treePart(record, part, store).exchangeNames(back: isBack) }
      case .exchange(let part, let item):
        try moment(.beforeExchange)
        let isBack = record.intent == .undo
        try await attempt(record) { try await work(record, part, store).exchange(item, back: isBack) }
        try moment(.afterExchange)
      case .remove(let part):
        try moment(.beforeRemoval)
        try await attempt(record) { try await work(record, part, store).remove() }
        try moment(.afterRemoval)
        record.parts[part].state = .removed
        try note(record)
      case .noteUse(let use):
        if use == .stopping {
          let users = try await attempt(record) { try await volumeUse().users(of: record) }
          for workload in users.absent { warn("\(workload) is to be stopped, but isn't there") }
          record.noteUsers(users.running)
        }
        record.use = use
        try note(record)
      case .stopUse: try await stop(&record)
      case .startUse: try await start(&record)
      case .stop(let part, let item):
        guard record.parts[part].root != nil,
          let adopted = try await attempt(record, { try await treePart(record, part, store).adopting() })
        else { throw changed(record, part, item) }
        record.parts[part].exchanges = adopted
        try note(record)
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
    _ record: inout RestoreRecord, _ number: Int, _ store: @escaping @Sendable (SourceID) throws -> SourceStore,
    _ progress: RestoreProgress
  ) async throws {
    let begun = clock.elapsed()
    do {
      let work = try work(record, number, store)
      record.parts[number] = try await work.fill(progress)
    } catch let error as EngineError where error.code == .restoreFailed {
      throw unfinished(record, error)
    } catch let error as SystemError {
      throw unfinished(record, error)
    } catch let error as VolumeError {
      throw unfinished(record, error)
    }
    record.parts[number].seconds = (clock.elapsed() - begun).inSeconds
    record.parts[number].state = .filled
    try note(record)
  }

  private func work(
    _ record: RestoreRecord, _ number: Int, _ store: @escaping @Sendable (SourceID) throws -> SourceStore
  ) throws -> any PartWork {
    let part = record.parts[number]
    guard let volume = part.volume else { return treePart(record, number, store) }
    return VolumePart(
      restore: record.id, begun: record.begun, part: part, volume: volume, back: record.intent == .undo,
      store: { try store(part.source) }, host: try volumeUse().host, moment: moment)
  }

  private func treePart(
    _ record: RestoreRecord, _ number: Int, _ store: @escaping @Sendable (SourceID) throws -> SourceStore
  ) -> TreePart {
    let part = record.parts[number]
    return TreePart(
      restore: record.id, part: part, store: { try store(part.source) }, clock: clock, threads: threads, moment: moment)
  }

  /// Does what must be done to a root that stays before a state of its part is noted.
  private func work(
    on root: StayingRoot, of number: Int, before state: RestoreRecord.State, _ record: inout RestoreRecord,
    _ store: @escaping @Sendable (SourceID) throws -> SourceStore
  ) async throws {
    let given = record
    let part = treePart(given, number, store)
    switch state {
    case .exchanging, .undoing:
      record.parts[number] = try await attempt(given) { try await part.beginning(root) }
    case .exchanged, .undone:
      let isBack = state == .undone
      for name in try await attempt(given, { try await part.settle(root, back: isBack) }) {
        warn(
          "\(name.displayedPath) appeared in \(given.parts[number].live.bytes.displayedPath) while names were exchanged: it is "
            + "left there")
      }
    default: return
    }
  }

  private func volumeUse() throws -> VolumeUse {
    guard let volumes else {
      throw EngineError(.restoreFailed, "cannot work on volumes without the means to", hint: "run it as root")
    }
    return volumes
  }

  // MARK: - What uses volumes

  private func stop(_ record: inout RestoreRecord) async throws {
    try moment(.beforeStop)
    do {
      try await volumeUse().stop(record)
    } catch {
      // Nothing was exchanged: what was stopped is started again, whatever is cancelled.
      record.use = .starting
      try note(record)
      let given = record
      var second: (any Error)?
      do {
        try await Task { try await volumeUse().start(given) }.value
        record.use = .running
        try note(record)
      } catch {
        second = error
      }
      if let failure = error as? any Failure { throw notStopped(record, failure, start: second) }
      // A cancellation: that what was stopped doesn't run again must be told all the same.
      guard let failure = second as? any Failure else { throw error }
      throw notStopped(record, failure, start: failure)
    }
    try moment(.afterStop)
    record.use = .stopped
    try note(record)
  }

  private func start(_ record: inout RestoreRecord) async throws {
    try moment(.beforeStart)
    let given = record
    try await attempt(record) { try await Task { try await volumeUse().start(given) }.value }
    try moment(.afterStart)
    record.use = .running
    try note(record)
    do {
      for workload in try await volumeUse().notReady(given) {
        warn(
          "\(workload) was started but isn't ready: `kubectl get pods -n \(workload.namespace)`; if it doesn't like what was "
            + "restored, `backupctl restore --undo \(record.id)`")
      }
    } catch let error as any Failure {
      // All is done by now; only how it came out can't be seen.
      warn("what was started can't be looked at: \(error.message)")
    }
  }

  private func note(_ record: RestoreRecord) throws {
    try moment(.beforeNote)
    try journal.store(record)
    try moment(.afterNote)
  }

  private func attempt<Result: Sendable>(
    _ record: RestoreRecord, _ body: () async throws -> Result
  ) async throws -> Result {
    do {
      return try await body()
    } catch let error as SystemError {
      throw unfinished(record, error)
    } catch let error as VolumeError {
      throw unfinished(record, error)
    } catch let error as ChildError {
      throw unfinished(record, error)
    }
  }
}

/// A failure that going on later would meet again.
struct HopelessRestore: Error {
  let cause: EngineError
}
