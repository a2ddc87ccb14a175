import HostSystem
import Synchronization
import Testing

@testable import VolumeSnapshots

@Suite("Holds of pool metadata")
struct MetadataHoldsTests {
  let scratch: MetadataScratch
  let name: VolumeName
  let fake: MetadataFakePool
  let leases = MetadataLeases()
  var pool: MetadataPool { MetadataPool(name: name, uuid: "pp-pp", chunkSize: 65_536) }
  var thing: VolumeThing { .metadataHold(pool: name) }

  init() throws {
    scratch = try MetadataScratch()
    name = try #require(VolumeName(group: "vg-a", volume: "po-ol"))
    fake = MetadataFakePool(name)
    fake.with { $0.model.devices[1] = ThinModel.Device(transaction: 1, creationTime: 0) }
  }

  private func holds(attempts: Int = 1, pause: @escaping @Sendable () async throws -> Void = {}) -> MetadataHolds {
    MetadataHolds(
      tools: fake, leases: leases, directory: PathBytes(path: scratch.path), holder: "test", attempts: attempts,
      pause: pause, readDevice: fake.readDevice)
  }

  /// The process dies before it starts its n-th program, counted from 0.
  private func dieBefore(program number: Int) {
    let counter = Counter(number)
    fake.with {
      $0.before = { [leases] _, _, _ in
        guard counter.next() else {
          leases.with { $0.isDead = true }
          throw MetadataLeases.Dead()
        }
      }
    }
  }

  @Test func holdsWhileReadingAndReleasesAfterwards() async throws {
    let usage = try await holds().with(pool) { metadata in
      #expect(fake.hold?.root == 33)
      #expect(leases.details[thing]?["root"] == "33")
      return try await metadata.usage()
    }
    #expect(usage.count == 1)
    #expect(fake.hold == nil)
    #expect(leases.details.isEmpty)
    #expect(fake.log.contains("dmsetup message vg--a-po--ol-tpool 0 reserve_metadata_snap"))
    #expect(
      fake.log.contains { $0.hasPrefix("thin_ls --metadata-snap") && $0.hasSuffix(" /dev/mapper/vg--a-po--ol_tmeta") })
  }

  @Test func releasesWhenReadingFails() async throws {
    struct Trouble: Error {}
    await #expect(throws: Trouble.self) { try await holds().with(pool) { _ in throw Trouble() } }
    #expect(fake.hold == nil)
    #expect(leases.details.isEmpty)
  }

  @Test func releasesWhenCancelled() async throws {
    let (started, begin) = AsyncStream.makeStream(of: Void.self)
    let holds = holds()
    let task = Task {
      try await holds.with(pool) { _ in
        begin.yield()
        try await Task.sleep(for: .seconds(3600))
      }
    }
    for await _ in started { break }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(fake.hold == nil)
    #expect(leases.details.isEmpty)
  }

  @Test func refusesWithWhatToTypeWhenAnotherProgramHoldsThePool() async throws {
    fake.holdAsForeigner()
    let before = fake.hold
    let error = try await #require(throws: VolumeError.self) { try await holds().with(pool) { _ in } }
    #expect(error.code == .busy)
    #expect(error.message.contains("another program has a metadata snapshot"))
    #expect(error.hint?.contains("dmsetup message vg--a-po--ol-tpool 0 release_metadata_snap") == true)
    #expect(fake.hold == before)
    #expect(leases.details.isEmpty)
  }

  @Test func refusesWhenAnotherProgramReservesRightBefore() async throws {
    fake.with {
      $0.before = { state, _, arguments in
        if arguments.last == "reserve_metadata_snap", state.hold == nil { state.hold = .init(root: 70, content: 9) }
      }
    }
    let error = try await #require(throws: VolumeError.self) { try await holds().with(pool) { _ in } }
    #expect(error.code == .busy)
    #expect(fake.hold == .init(root: 70, content: 9))
    #expect(leases.details.isEmpty)
  }

  @Test func doesNotReturnWhatWasReadWhenAnotherProgramEndedTheHold() async throws {
    let error = try await #require(throws: VolumeError.self) {
      try await holds().with(pool) { _ in
        fake.with { $0.hold = nil }
        fake.holdAsForeigner()
      }
    }
    #expect(error.message.hasPrefix("cannot trust what was read"))
    #expect(fake.hold?.root == 38)
    #expect(leases.details.isEmpty)
  }

  @Test func releasesWhenTheMarkCannotBeNoted() async throws {
    leases.with { $0.amendFails = true }
    await #expect(throws: MetadataLeases.Dead.self) { try await holds().with(pool) { _ in } }
    #expect(fake.hold == nil)
  }

  @Test func keepsTheLeaseWhenTheReserveIsKilled() async throws {
    fake.with { $0.answers["reserve_metadata_snap"] = ChildResult(end: .killed(signal: 9)) }
    await #expect(throws: VolumeError.self) { try await holds().with(pool) { _ in } }
    #expect(leases.details[thing] == [:])
  }

  @Test func waitsForAnotherProcessOfOurs() async throws {
    let other = try await PoolLock(
      of: name, uuid: "pppp", in: PathBytes(path: scratch.path), holder: "process 7", attempts: 1, pause: {})
    let error = try await #require(throws: VolumeError.self) { try await holds(attempts: 3).with(pool) { _ in } }
    #expect(error.cause == "held by process 7")
    withExtendedLifetime(other) {}
  }

  @Test func reportsAPoolThatFailed() async throws {
    fake.with {
      $0.answers["vg--a-po--ol-tpool"] = ChildResult(end: .exited(0), output: Array("0 8 thin-pool Fail\n".utf8))
    }
    let error = try await #require(throws: VolumeError.self) { try await holds().with(pool) { _ in } }
    #expect(error.code == .poolUnhealthy)
  }

  @Test(arguments: [
    "", "0 8 linear", "0 8 thin-pool", "0 8 thin-pool 1 a b c", "0 8 thin-pool 2 1/2 3/4 x rw", "garbage\n\n",
  ])
  func refusesAStatusThatCannotBeUnderstood(text: String) {
    #expect(throws: VolumeError.self) { try PoolHold.parse(Array(text.utf8), pool: name) }
  }

  // MARK: - After a death

  /// The process dies before its n-th program; then another program may reserve; then the next start looks.
  @Test(arguments: 0..<5, [false, true])
  func leavesNothingOfOursAndNothingForeignTouchedAfterADeath(step: Int, foreigner: Bool) async throws {
    dieBefore(program: step)
    await #expect(throws: (any Error).self) { try await holds().with(pool) { try await $0.usage() } }
    fake.with { $0.before = nil }
    leases.with { $0.isDead = false }
    let left = fake.hold
    let noted = leases.details[thing]
    if foreigner {
      fake.with { $0.hold = nil }
      fake.holdAsForeigner()
    }
    let standing = fake.hold
    if let noted {
      do {
        try await holds().removeLeftover(of: name, noted: noted)
        #expect(foreigner ? fake.hold == standing : fake.hold == nil)
        // Once more changes nothing.
        try await holds().removeLeftover(of: name, noted: noted)
        #expect(foreigner ? fake.hold == standing : fake.hold == nil)
      } catch let error as VolumeError {
        // Nothing was marked: nothing is proved, so nothing is touched, and a person is told what to type.
        #expect(error.code == .busy && noted.isEmpty)
        #expect(error.hint?.contains("release_metadata_snap") == true)
        #expect(fake.hold == standing)
      }
    } else {
      #expect(left == nil)
    }
  }

  /// A hold of another program stands before the process dies: it leaves no lease that the next start couldn't explain.
  @Test(arguments: 0..<3)
  func notesNothingWhereAnotherProgramHoldsThePoolAlready(step: Int) async throws {
    fake.holdAsForeigner()
    let foreign = fake.hold
    dieBefore(program: step)
    await #expect(throws: (any Error).self) { try await holds().with(pool) { try await $0.usage() } }
    #expect(leases.details.isEmpty)
    #expect(fake.hold == foreign)
  }

  @Test func releasesAMarkedHoldAndNoOtherAtTheSameBlock() async throws {
    fake.holdAsForeigner()
    let hold = try #require(fake.hold)
    let mark = try HoldMark.read(PoolHold(root: Int64(hold.root))) { try fake.readDevice("", $0, $1) }
    // The same block, but made at another time: the pool has changed.
    fake.with { $0.hold?.content += 1 }
    try await holds().removeLeftover(of: name, noted: mark.details)
    #expect(fake.hold?.root == hold.root)
    fake.with { $0.hold = hold }
    try await holds().removeLeftover(of: name, noted: mark.details)
    #expect(fake.hold == nil)
  }

  @Test func saysThatALeftoverCannotBeSeenWhileThePoolIsNotActive() async throws {
    fake.with { $0.isActive = false }
    let error = try await #require(throws: VolumeError.self) {
      try await holds().removeLeftover(of: name, noted: ["root": "33", "superblock": "00"])
    }
    #expect(error.code == .notFound)
    #expect(error.hint?.contains("lvchange -ay vg-a/po-ol") == true)
  }
}

/// Counts down.
private final class Counter: Sendable {
  private let left: Mutex<Int>
  init(_ count: Int) { left = Mutex(count) }

  func next() -> Bool {
    left.withLock {
      $0 -= 1
      return $0 >= 0
    }
  }
}
