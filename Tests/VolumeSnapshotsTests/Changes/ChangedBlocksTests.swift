import HostSystem
import TestSupport
import Testing

@testable import VolumeSnapshots

@Suite("Changed blocks")
struct ChangedBlocksTests {
  static let blocks = 60

  let scratch: MetadataScratch
  let fake: MetadataFakePool
  let leases = MetadataLeases()
  let model: ThinModel
  let snapshot: LVMSnapshot
  let base: SnapshotIdentity
  let found: BaseProof.Surroundings

  init() throws {
    scratch = try MetadataScratch()
    let pool = try #require(VolumeName(parsing: "vg/data"))
    var random = SeededRandom(seed: 77)
    model = ThinModel.random(&random, blocks: Self.blocks)
    fake = MetadataFakePool(pool, model)
    let size = Int64(Self.blocks) * model.chunkSize
    let snapshot = LVMSnapshot(
      name: try #require(VolumeName(parsing: "vg/a_snap_2")), uuid: "new", thinID: 2, transaction: 3, created: 2000,
      originUUID: "origin", originThinID: 9, groupUUID: "group", groupSequence: 30,
      pool: MetadataPool(name: pool, uuid: "pool", chunkSize: model.chunkSize), size: size)
    self.snapshot = snapshot
    base = SnapshotIdentity(
      name: try #require(VolumeName(parsing: "vg/a_snap_1")), uuid: "base", thinID: 1, transaction: 2, creationTime: 1,
      created: 1000, originUUID: "origin", originThinID: 9, groupUUID: "group", groupSequence: 20, poolUUID: "pool",
      pool: "data", size: size, chunkSize: model.chunkSize)
    found = .init(volume: .init(uuid: "base", thinID: 1, size: size, isOpen: false), groupSequence: 30)
  }

  private func find(_ base: SnapshotIdentity? = nil, _ found: BaseProof.Surroundings? = nil) async throws
    -> ChangedBlocks.Outcome
  {
    let holds = MetadataHolds(
      tools: fake, leases: leases, directory: PathBytes(path: scratch.path), holder: "test", attempts: 1, pause: {},
      readDevice: fake.readDevice)
    let outcome = try await ChangedBlocks(holds: holds).find(snapshot, base: base, found: found)
    #expect(leases.details.isEmpty)
    return outcome
  }

  /// Everything that is mapped, to be read.
  private var mapped: [BlockMap.State] {
    (0..<Self.blocks).map { model.devices[2]?.blocks[$0] == nil ? .unmapped : .changed }
  }

  @Test func readsTheDifferenceFromAProvedBase() async throws {
    let outcome = try await find(base, found)
    #expect(outcome.isDifference)
    #expect(outcome.reason == nil)
    #expect(
      outcome.map.states(of: model.chunkSize) == model.states(1, 2, blocks: Self.blocks, baseBlocks: Self.blocks))
    #expect(outcome.identity?.creationTime == 2)
    #expect(outcome.identity?.poolUUID == "pool")
    #expect(fake.log.count { $0.hasSuffix("reserve_metadata_snap") } == 1)
    #expect(fake.hold == nil)
  }

  @Test func hasAnEmptyDifferenceIfNothingChanged() async throws {
    let blocks = try #require(model.devices[1]).blocks
    fake.with { $0.model.devices[2]?.blocks = blocks }
    let outcome = try await find(base, found)
    #expect(outcome.isDifference)
    #expect(outcome.map.bytes(.changed) == 0)
    #expect(outcome.map.bytes(.same) > 0)
  }

  @Test func readsWhatIsMappedForAFirstPoint() async throws {
    let outcome = try await find()
    #expect(!outcome.isDifference)
    #expect(outcome.reason == nil)
    #expect(outcome.map.states(of: model.chunkSize) == mapped)
    #expect(outcome.identity != nil)
  }

  @Test func readsWhatIsMappedWithTheReasonIfTheBaseIsGone() async throws {
    fake.with { $0.model.devices[1] = nil }
    let outcome = try await find(base, .init(volume: nil, groupSequence: 30))
    #expect(outcome.void == .baseGone)
    #expect(outcome.reason == "the base snapshot vg/a_snap_1 is gone")
    #expect(outcome.map.states(of: model.chunkSize) == mapped)
  }

  @Test func readsWhatIsMappedIfTheBaseWasWritten() async throws {
    fake.with { $0.model.devices[1]?.blocks[3] = .init(data: 4000, time: 1) }
    let outcome = try await find(base, found)
    #expect(outcome.void == .baseWritten)
    #expect(outcome.map.states(of: model.chunkSize) == mapped)
    #expect(!fake.log.contains { $0.hasPrefix("thin_delta --metadata") })
  }

  @Test func readsWhatIsMappedIfTheDifferenceLeavesOutBlocks() async throws {
    let text = model.superblock(.cpp, dump: false) + #"<diff left="1" right="2"></diff></superblock>"#
    fake.with { state in
      state.before = { state, tool, arguments in
        state.answers["thin_delta"] =
          arguments == ["-V"] ? nil : ChildResult(end: .exited(0), output: Array(text.utf8))
      }
    }
    let outcome = try await find(base, found)
    #expect(!outcome.isDifference)
    #expect(outcome.reason?.hasPrefix("thin_delta lists 0 blocks of thin device 1, of which the pool counts") == true)
    #expect(outcome.map.states(of: model.chunkSize) == mapped)
  }

  @Test(arguments: [ChildResult(end: .exited(0)), ChildResult(end: .exited(1), lastWords: ["damage in mapping tree"])])
  func readsWhatIsMappedIfTheDifferenceFails(answer: ChildResult) async throws {
    fake.with { state in
      state.before = { state, _, arguments in state.answers["thin_delta"] = arguments == ["-V"] ? nil : answer }
    }
    let outcome = try await find(base, found)
    #expect(outcome.problem?.code == (answer.isSuccess ? .unusableOutput : .toolFailed))
    #expect(outcome.reason == outcome.problem?.message)
    #expect(outcome.map.states(of: model.chunkSize) == mapped)
    #expect(outcome.identity != nil)
  }

  @Test func readsEverythingWithTheReasonIfTheToolsAreOfARefusedVersion() async throws {
    fake.with { $0.version = "1.0.4" }
    let outcome = try await find(base, found)
    #expect(outcome.map == .allChanged(size: snapshot.size))
    #expect(outcome.problem?.code == .unsupportedVersion)
    #expect(outcome.identity == nil)
    #expect(!fake.log.contains { $0.contains("reserve") })
  }

  @Test func readsEverythingWithTheReasonIfAnotherProgramHoldsThePool() async throws {
    fake.holdAsForeigner()
    let hold = fake.hold
    let outcome = try await find(base, found)
    #expect(outcome.map == .allChanged(size: snapshot.size))
    #expect(outcome.problem?.code == .busy)
    #expect(fake.hold == hold)
  }

  @Test func readsEverythingWithTheReasonIfTheToolsAreNotInstalled() async throws {
    fake.with {
      $0.before = { _, tool, _ in
        if tool == "thin_dump" { throw ChildError(.notStarted, "cannot run thin_dump: there is no such program") }
      }
    }
    let outcome = try await find(base, found)
    #expect(outcome.map == .allChanged(size: snapshot.size))
    #expect(outcome.reason == "cannot run thin_dump: there is no such program")
    #expect(outcome.problem?.category == .toolMissing)
  }

  @Test func endsWithoutAMapIfCancelled() async throws {
    fake.with {
      $0.before = { _, tool, arguments in
        if tool == "thin_delta", arguments != ["-V"] { throw CancellationError() }
      }
    }
    await #expect(throws: CancellationError.self) { try await find(base, found) }
    #expect(fake.hold == nil)
    #expect(leases.details.isEmpty)
  }

  @Test func throwsIfTheSnapshotVanished() async throws {
    fake.with { $0.model.devices[2]?.transaction = 2 }
    let error = try await #require(throws: VolumeError.self) { try await find(base, found) }
    #expect(error.code == .notFound)
    #expect(error.cause == "thin id 2 was made in transaction 2, the snapshot in 3")
    #expect(fake.hold == nil)
  }
}
