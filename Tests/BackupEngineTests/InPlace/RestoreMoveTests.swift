import BackupModel
import HostSystem
import Testing
import VolumeSnapshots

@testable import BackupEngine

/// The pure half of restores in place: what comes next, from every state that a crash can leave.
@Suite struct RestoreMoveTests {
  /// A disk as the moves see it: which side of each exchange is live, and which parts have a place.
  private struct Disk: Hashable {
    var sides: [[RestoreExchange.Side]]
    var places: [Bool]
    var isInUse = true
  }

  private func record(parts: Int, items: Int, volumes: Bool = false, named: Bool = false) throws -> RestoreRecord {
    let source = try #require(SourceID(kind: .tree, name: "t"))
    let begun = Timestamp(seconds: 1_763_787_600)
    let name = try #require(VolumeName(parsing: "g/v"))
    let volume = RestoreRecord.Volume(
      swap: VolumeSwap(live: name, beside: name, kept: name, old: nil, new: nil, tags: []), pool: name, making: .archive
    )
    var record = RestoreRecord(
      id: RestoreID(begun: begun), name: "t", repository: "r", begun: begun, keepSeconds: 1,
      parts: (0..<parts).map { number in
        RestoreRecord.Part(
          source: source, point: RecoveryPointID(begun: begun), live: JournaledPath(PathBytes(path: "/l\(number)")),
          place: JournaledPath(PathBytes(path: "/p\(number)")), paths: [], bytes: 0,
          // The first one only: trees are restored beside volumes.
          volume: volumes && number == 0 ? volume : nil)
      })
    if named { record.named = [Workload(kind: .deployment, namespace: "apps", name: "wiki")] }
    return record
  }

  private func exchanges(_ items: Int) -> [RestoreExchange] {
    (0..<items).map {
      RestoreExchange(path: JournaledPath([UInt8($0)]), old: UInt64($0), new: UInt64(100 + $0))
    }
  }

  /// Does one move to a record and a disk, as the executor does: the note comes first, or the deed can be done again.
  private func perform(_ move: RestoreMove, _ record: inout RestoreRecord, _ disk: inout Disk, items: Int) {
    switch move {
    case .fill(let part):
      disk.places[part] = true
      record.parts[part].exchanges = exchanges(items)
      record.parts[part].state = .filled
    case .note(let part, let state):
      record.parts[part].state = state
      if state == .exchanging { record.parts[part].wasLive = true }
    case .noteUse(let use): record.use = use
    case .stopUse:
      disk.isInUse = false
      record.use = .stopped
    case .startUse:
      disk.isInUse = true
      record.use = .running
    case .exchange(let part, let item):
      let stops = record.parts[part].volume != nil || record.named != nil
      if stops { #expect(!disk.isInUse, "it is exchanged while it is in use") }
      disk.sides[part][item] = disk.sides[part][item] == .old ? .new : .old
    case .remove(let part):
      disk.places[part] = false
      record.parts[part].state = .removed
    case .stop, .done: break
    }
  }

  /// Every record and disk that can be met on the way to an intent, from a given one.
  private func way(
    _ record: RestoreRecord, _ disk: Disk, items: Int
  ) -> [(record: RestoreRecord, disk: Disk)] {
    var (record, disk) = (record, disk)
    var states = [(record, disk)]
    for _ in 0..<1000 {
      let move = RestoreMove.next(of: record) { disk.sides[$0][$1] }
      if move == .done { return states }
      // A place is made, and a tree exchanged, before the note that says so: a crash may come between.
      if case .fill(let part) = move {
        disk.places[part] = true
        states.append((record, disk))
      }
      if case .remove(let part) = move {
        disk.places[part] = false
        states.append((record, disk))
      }
      if move == .stopUse { states.append((record, Disk(sides: disk.sides, places: disk.places, isInUse: false))) }
      if move == .startUse { states.append((record, Disk(sides: disk.sides, places: disk.places, isInUse: true))) }
      perform(move, &record, &disk, items: items)
      states.append((record, disk))
    }
    Issue.record("it doesn't end")
    return states
  }

  @Test(arguments: [
    (1, 1, false, false), (1, 2, false, false), (2, 1, false, false), (2, 2, false, false), (3, 2, false, false),
    (1, 1, true, false), (3, 1, true, false), (1, 2, false, true), (2, 1, false, true), (3, 1, true, true),
  ])
  func endsInTheNewStateOrTheOldOneFromEachMoment(parts: Int, items: Int, volumes: Bool, named: Bool) throws {
    let start = try record(parts: parts, items: items, volumes: volumes, named: named)
    let disk = Disk(
      sides: Array(repeating: Array(repeating: .old, count: items), count: parts),
      places: Array(repeating: false, count: parts))
    let forward = way(start, disk, items: items)
    #expect(forward.count > parts * (3 + items))
    for (record, disk) in forward {
      let resumed = way(record, disk, items: items)
      let last = try #require(resumed.last)
      #expect(last.record.isReached && last.disk.sides.allSatisfy { $0.allSatisfy { $0 == .new } })
      #expect(last.disk.places.allSatisfy { $0 }, "the undo is kept")
      #expect(last.disk.isInUse, "what was stopped runs again")
      var undone = record
      undone.intent = .undo
      let back = way(undone, disk, items: items)
      for (record, disk) in back {
        // A crash on the way back, then gone on with.
        let end = try #require(way(record, disk, items: items).last)
        #expect(end.record.isReached && end.disk.sides.allSatisfy { $0.allSatisfy { $0 == .old } })
        #expect(end.disk.isInUse)
        for (number, part) in end.record.parts.enumerated() {
          // What was live may have been written to: it is kept. What never was is a copy of the point.
          #expect(end.disk.places[number] == part.wasLive && (part.state == .undone) == part.wasLive)
        }
      }
    }
    var forgotten = try #require(forward.last)
    forgotten.record.intent = .forget
    let end = try #require(way(forgotten.record, forgotten.disk, items: items).last)
    #expect(end.record.isReached && !end.record.keepsAnything && end.disk.places.allSatisfy { !$0 })
    #expect(end.disk.sides.allSatisfy { $0.allSatisfy { $0 == .new } }, "forgetting changes nothing live")
  }

  @Test func stopsNothingForTreesOfWhichNothingIsNamedNorToForget() throws {
    let disk = Disk(sides: [[.old]], places: [false])
    for (record, _) in way(try record(parts: 1, items: 1), disk, items: 1) { #expect(record.use == nil) }
    var done = try #require(way(try record(parts: 1, items: 1, named: true), disk, items: 1).last)
    #expect(done.record.use == .running)
    done.record.intent = .forget
    for (record, _) in way(done.record, done.disk, items: 1) { #expect(record.use == .running) }
  }

  @Test func exchangesNothingBeforeEveryPartIsFilled() throws {
    let start = try record(parts: 3, items: 1)
    let disk = Disk(sides: Array(repeating: [.old], count: 3), places: Array(repeating: false, count: 3))
    for (record, disk) in way(start, disk, items: 1) where record.parts.contains(where: { $0.state == .filling }) {
      #expect(disk.sides.allSatisfy { $0 == [.old] })
    }
  }

  @Test(arguments: [RestoreRecord.Intent.restore, .undo]) func stopsWhereSomethingElseIsLive(
    intent: RestoreRecord.Intent
  )
    throws
  {
    var record = try record(parts: 1, items: 2)
    record.parts[0].exchanges = exchanges(2)
    record.parts[0].state = intent == .undo ? .undoing : .exchanging
    record.intent = intent
    let move = RestoreMove.next(of: record) { _, item in item == 0 ? .unknown : intent == .undo ? .old : .new }
    #expect(move == .stop(part: 0, item: 0))
  }

  @Test(
    arguments: [
      (1, 2, RestoreExchange.Side.old), (2, 1, .new), (1, 1, .unknown), (2, 2, .unknown), (3, 2, .unknown),
      (1, nil, .unknown),
      (nil, 2, .unknown),
    ] as [(UInt64?, UInt64?, RestoreExchange.Side)])
  func tellsTheSideByTheInodes(live: UInt64?, beside: UInt64?, side: RestoreExchange.Side) {
    #expect(RestoreExchange(path: JournaledPath([]), old: 1, new: 2).side(live: live, beside: beside) == side)
  }

  @Test(
    arguments: [(nil, 2, RestoreExchange.Side.old), (2, nil, .new), (nil, nil, .unknown), (3, 2, .unknown)]
      as [(UInt64?, UInt64?, RestoreExchange.Side)])
  func tellsTheSideOfWhatIsAdded(live: UInt64?, beside: UInt64?, side: RestoreExchange.Side) {
    #expect(RestoreExchange(path: JournaledPath([]), old: nil, new: 2).side(live: live, beside: beside) == side)
  }

  @Test(
    arguments: [
      (1, nil, RestoreExchange.Side.old), (nil, 1, .new), (nil, nil, .unknown), (1, 1, .unknown), (2, nil, .unknown),
    ]
      as [(UInt64?, UInt64?, RestoreExchange.Side)])
  func tellsTheSideOfWhatIsMovedAway(live: UInt64?, beside: UInt64?, side: RestoreExchange.Side) {
    #expect(RestoreExchange(path: JournaledPath([]), old: 1, new: nil).side(live: live, beside: beside) == side)
  }

  @Test(
    arguments: [
      (".backupctl-restore-20261122T050000Z-1", true), (".backupctl-restore-20261122T050000Z_2-12", true),
      (".backupctl-restore-20261122T050000Z", false), (".backupctl-restore-20261122T050000Z-", false),
      (".backupctl-restore-mine-1", false), (".backupctl-restore.json", false),
      ("backupctl-restore-20261122T050000Z-1", false), (".backupctl-restore-20261122T050000Z-1x", false), ("", false),
    ])
  func knowsItsOwnPlacesByTheWholeName(name: String, isPlace: Bool) {
    #expect(RestorePlace.isName(PathBytes(path: name)) == isPlace)
  }
}
