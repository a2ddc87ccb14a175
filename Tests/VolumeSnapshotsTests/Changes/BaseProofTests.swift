import Testing
import VolumeSnapshots

@Suite("Proof of a base")
struct BaseProofTests {
  /// A base, a later snapshot, what LVM and the pool say now: all as it should be.
  struct Scene: Sendable {
    var noted: SnapshotIdentity
    var current: SnapshotIdentity
    var found: BaseProof.Surroundings
    var devices: [Int: ThinDevice]

    init() throws {
      let name = try #require(VolumeName(parsing: "vg/a_snap_1"))
      noted = SnapshotIdentity(
        name: name, uuid: "base", thinID: 2, transaction: 5, creationTime: 3, created: 1000, originUUID: "origin",
        originThinID: 1, groupUUID: "group", groupSequence: 20, poolUUID: "pool", pool: "data", size: 1 << 30,
        chunkSize: 65_536)
      current = noted
      current.name = try #require(VolumeName(parsing: "vg/a_snap_2"))
      current.uuid = "new"
      (current.thinID, current.transaction, current.creationTime) = (7, 9, 6)
      (current.created, current.groupSequence) = (2000, 30)
      found = .init(volume: .init(uuid: "base", thinID: 2, size: 1 << 30, isOpen: false), groupSequence: 30)
      devices = [
        2: ThinDevice(thinID: 2, mappedBlocks: 9, transaction: 5, creationTime: 3),
        7: ThinDevice(thinID: 7, mappedBlocks: 9, transaction: 9, creationTime: 6),
      ]
    }

    var proof: BaseProof { BaseProof.examine(noted, current: current, found: found, devices: devices) }
  }

  struct Mutation: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let expected: BaseProof
    let mutate: @Sendable (inout Scene) -> Void
  }

  private static func device(_ transaction: Int, _ time: Int) -> ThinDevice {
    ThinDevice(thinID: 2, mappedBlocks: 9, transaction: transaction, creationTime: time)
  }

  static let mutations: [Mutation] = [
    Mutation(testDescription: "nothing happened", expected: .proved) { _ in },
    Mutation(testDescription: "the volume grew", expected: .proved) { $0.current.size *= 2 },
    Mutation(testDescription: "the group has changed since", expected: .proved) { $0.found.groupSequence = 900 },
    Mutation(testDescription: "the same snapshot is archived again", expected: .proved) {
      $0.current = $0.noted
      $0.current.groupSequence = 40
    },
    Mutation(testDescription: "an older snapshot is archived after a newer one", expected: .proved) {
      ($0.current.created, $0.current.creationTime) = (900, 2)
    },
    Mutation(testDescription: "removed", expected: .void(.baseGone)) {
      $0.found.volume = nil
      $0.devices[2] = nil
    },
    Mutation(testDescription: "removed, its thin id taken", expected: .void(.baseGone)) {
      $0.found.volume = nil
      $0.devices[2] = device(8, 3)
    },
    Mutation(testDescription: "another volume of its name", expected: .void(.baseReplaced)) {
      $0.found.volume?.uuid = "other"
    },
    Mutation(testDescription: "another volume of its name with its thin id", expected: .void(.baseReplaced)) {
      $0.found.volume?.uuid = "other"
      $0.devices[2] = device(8, 5)
    },
    Mutation(testDescription: "thin id of another transaction", expected: .void(.thinIDRecycled)) {
      $0.devices[2] = device(6, 3)
    },
    Mutation(testDescription: "thin id of another time", expected: .void(.thinIDRecycled)) {
      $0.devices[2] = device(5, 4)
    },
    Mutation(testDescription: "not in the pool though LVM knows it", expected: .void(.thinIDRecycled)) {
      $0.devices[2] = nil
    },
    Mutation(testDescription: "LVM gives it another thin id", expected: .void(.thinIDRecycled)) {
      $0.found.volume?.thinID = 4
    },
    Mutation(testDescription: "shrunk", expected: .void(.baseResized)) { $0.found.volume?.size -= 4 << 20 },
    Mutation(testDescription: "other chunk size", expected: .void(.chunkSizeChanged)) { $0.current.chunkSize *= 2 },
    Mutation(testDescription: "other group", expected: .void(.groupReplaced)) { $0.current.groupUUID = "other" },
    Mutation(testDescription: "other pool", expected: .void(.poolReplaced)) { $0.current.poolUUID = "other" },
    Mutation(testDescription: "other origin", expected: .void(.originReplaced)) { $0.current.originUUID = "other" },
    Mutation(testDescription: "origin with the thin id of a snapshot", expected: .void(.rolledBack)) {
      $0.current.originThinID = 5
    },
    Mutation(testDescription: "sequence went back", expected: .void(.metadataRestored)) { $0.found.groupSequence = 19 },
    Mutation(testDescription: "unknown to LVM, yet in the pool", expected: .void(.metadataRestored)) {
      $0.found.volume = nil
    },
    Mutation(testDescription: "the pool's time went back", expected: .void(.metadataRestored)) {
      $0.current.creationTime = 3
    },
    Mutation(testDescription: "open", expected: .void(.baseOpen)) { $0.found.volume?.isOpen = true },
  ]

  @Test(arguments: mutations)
  func namesWhatHappened(mutation: Mutation) throws {
    var scene = try Scene()
    mutation.mutate(&scene)
    #expect(scene.proof == mutation.expected)
  }

  @Test func hasACaseForEveryReason() {
    let named = Self.mutations.compactMap { if case .void(let reason) = $0.expected { reason } else { nil } }
    // The one that needs the mappings is looked at apart.
    #expect(Set(named).union([.baseWritten]) == Set(BaseProof.Reason.allCases))
  }

  @Test(arguments: BaseProof.Reason.allCases)
  func saysEveryReasonWithTheNameOfWhatItIsAbout(reason: BaseProof.Reason) throws {
    let clause = reason.clause(base: try Scene().noted)
    #expect(clause.contains("vg/a_snap_1") || clause.contains("vg ") || clause.contains("base was made"))
  }
}
