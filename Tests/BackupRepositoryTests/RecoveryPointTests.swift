import BackupModel
import Testing

@testable import BackupRepository

@Suite struct RecoveryPointTests {
  static func point(ordinal: Int = 1) -> RecoveryPoint {
    var statistics = RecoveryPoint.Statistics()
    statistics.entries = 3
    statistics.bytes = 1 << 40
    return RecoveryPoint(
      id: RecoveryPointID(begun: Timestamp(seconds: 1_795_323_600), ordinal: ordinal), source: .scene,
      repository: "00000000-0000-4000-8000-000000000000", begun: Timestamp(seconds: 1_795_323_600),
      ended: Timestamp(seconds: 1_795_323_660), host: "host", tool: "tests",
      origin: RecoveryPoint.Origin(path: "/a", resolvedPath: "/b"), consistency: .live, suspicious: [],
      index: IndexRoot(root: IndexSample.chunk(0), level: 1), statistics: statistics,
      warnings: [RecoveryPoint.Warning(path: "a\\xff/\"\u{2028}", problem: "gone", errno: 2)], warningCount: 1)
  }

  @Test func readsWhatItWrote() throws {
    let bytes = try PointFile.encode(Self.point())
    #expect(bytes.last == 0x0A && bytes.count { $0 == 0x0A } == 1)
    let point = try PointFile.decode(bytes, name: "it")
    #expect(point == Self.point())
    #expect(point.state == .warnings)
    #expect(try PointFile.encode(point) == bytes)
  }

  @Test func noticesABitFlipInEveryByte() throws {
    let bytes = try PointFile.encode(Self.point())
    for position in bytes.indices {
      var damaged = bytes
      damaged[position] ^= 1 << UInt8(position % 8)
      let error = #expect(throws: RepositoryError.self) { try PointFile.decode(damaged, name: "it") }
      #expect(error?.code == .damaged)
    }
  }

  @Test func noticesEveryTruncation() throws {
    let bytes = try PointFile.encode(Self.point())
    for count in bytes.indices {
      #expect(throws: RepositoryError.self) { try PointFile.decode(Array(bytes.prefix(count)), name: "it") }
    }
  }

  @Test func refusesANewerFormatSayingSo() throws {
    var point = Self.point()
    point.format = 2
    let bytes = try PointFile.encode(point)
    let error = #expect(throws: RepositoryError.self) { try PointFile.decode(bytes, name: "it") }
    #expect(error?.code == .formatTooNew)
  }

  @Test func refusesAPointUnderAnotherName() throws {
    let scratch = try ScratchRepository()
    try scratch.storePack([])
    let other = RecoveryPointID(begun: Timestamp(seconds: 0))
    try scratch.store.storage.writeDurably(
      try PointFile.encode(Self.point()), to: "\(scratch.store.pointsPath)/\(other).json")
    let error = #expect(throws: RepositoryError.self) { try scratch.store.point(other) }
    #expect(error?.code == .damaged)
    let missing = #expect(throws: RepositoryError.self) { try scratch.store.point(Self.point().id) }
    #expect(missing?.code == .noSuchPoint)
  }

  @Test func passesOverPointsThatAreDamagedOrSuspicious() throws {
    let scratch = try ScratchRepository()
    try scratch.storePack([])
    func write(_ point: RecoveryPoint, damaged: Bool = false) throws {
      var bytes = try PointFile.encode(point)
      if damaged { bytes[20] ^= 1 }
      try scratch.store.storage.writeDurably(bytes, to: "\(scratch.store.pointsPath)/\(point.id).json")
    }
    var suspicious = Self.point(ordinal: 2)
    suspicious.suspicious = ["it is empty"]
    try write(suspicious)
    #expect(try scratch.store.latestGoodPoint { _, _ in }?.id == suspicious.id)
    try write(Self.point())
    try write(Self.point(ordinal: 10), damaged: true)
    var passedOver: [RecoveryPointID] = []
    #expect(try scratch.store.latestGoodPoint { id, _ in passedOver.append(id) }?.id == Self.point().id)
    #expect(passedOver == [Self.point(ordinal: 10).id])
    #expect(try scratch.store.pointIDs().map(\.ordinal) == [1, 2, 10])
  }
}

@Suite struct PackNameTests {
  @Test(arguments: [
    "20261122T050000Z-0001.tar.zst", "20261122T050000Z_2-0017.tar.zst", "20261122T050000Z-12345.tar.zst",
  ])
  func printsWhatItParsed(fileName: String) throws {
    #expect(try #require(PackName(fileName: fileName)).fileName == fileName)
  }

  @Test(arguments: [
    "", ".tar.zst", "20261122T050000Z.tar.zst", "20261122T050000Z-1.tar.zst", "20261122T050000Z-0000.tar.zst",
    "20261122T050000Z-00001.tar.zst", "20261122T050000Z--001.tar.zst", "20261122T050000Z-+001.tar.zst",
    "20261122T050000Z-0001.tar.zst.part", "20261122T050000Z-0001.tar", "x-0001.tar.zst",
    "20261122T050000Z-99999999999999999999.tar.zst",
  ])
  func refusesAnythingElse(fileName: String) { #expect(PackName(fileName: fileName) == nil) }

  @Test func ordersByPointThenByNumberNotByText() {
    let names = [
      "20261122T050000Z-10000", "20261122T050000Z_10-0001", "20261122T050000Z-0002", "20261122T050000Z_2-0001",
      "20251122T050000Z-0009",
    ].compactMap { PackName(fileName: $0 + ".tar.zst") }.sorted()
    #expect(
      names.map(\.description) == [
        "20251122T050000Z-0009", "20261122T050000Z-0002", "20261122T050000Z-10000", "20261122T050000Z_2-0001",
        "20261122T050000Z_10-0001",
      ])
  }
}

@Suite struct RepositoryTests {
  @Test func findsNestedSourcesAndNoneInTheirStores() throws {
    let scratch = try ScratchRepository()
    let names = ["nfs", "nfs/immich", "nfs/immich/deep", "etc", "nfs/%70oints", "a.b"]
    for name in names {
      let store = scratch.repository.store(try #require(SourceID(kind: .tree, name: name)))
      _ = try store.lock(holder: "tests")
    }
    _ = try scratch.repository.store(try #require(SourceID(kind: .volume, name: "nfs"))).lock(holder: "tests")
    // Directories that hold neither points nor packs aren't sources.
    try scratch.store.storage.makeDirectories("sources/tree/empty/below")
    try scratch.store.storage.makeDirectories("sources/tree/etc/trash/packs")
    try scratch.store.storage.makeDirectories("sources/strange/x/points")
    #expect(
      try scratch.repository.sources().map(\.description)
        == (names.map { "tree/\($0)" } + ["volume/nfs"]).sorted())
  }

  @Test func namesTheHolderOfALockThatIsHeld() throws {
    let scratch = try ScratchRepository()
    let held = try scratch.store.lock(holder: "process 17 on here: backupctl archive /etc")
    let error = #expect(throws: RepositoryError.self) { try scratch.store.lock(holder: "another") }
    #expect(error?.code == .busy)
    #expect(error?.category == .busy)
    #expect(error?.message == "cannot archive tree/scene: another process holds it")
    #expect(error?.cause == "held by process 17 on here: backupctl archive /etc")
    withExtendedLifetime(held) {}
  }

  @Test func replacesTheTextOfALockThatWasLetGo() throws {
    let scratch = try ScratchRepository()
    do { _ = try scratch.store.lock(holder: "a holder with a long name") }
    let held = try scratch.store.lock(holder: "next")
    #expect(try scratch.store.storage.read("\(scratch.store.path)/lock", limit: 100) == Array("next\n".utf8))
    withExtendedLifetime(held) {}
  }

  @Test func givesPointsOfOneSecondDifferentNames() throws {
    let scratch = try ScratchRepository()
    try scratch.storePack([])
    let begun = Timestamp(seconds: 1_795_323_600)
    // The pack in the store bears the plain name already.
    #expect(try scratch.store.newPointID(begun: begun).ordinal == 2)
    try scratch.store.storage.writeDurably([1], to: "\(scratch.store.pointsPath)/20261122T050000Z_2.json")
    #expect(try scratch.store.newPointID(begun: begun).description == "20261122T050000Z_3")
  }

  @Test(arguments: [
    (#"{"format":2,"strange":1}"#, RepositoryError.Code.formatTooNew), (#"{"format":0}"#, .formatTooNew),
    ("{}", .damaged),
    ("", .damaged), ("[]", .damaged), (#"{"format":1}"#, .damaged), (#"{"format":"1"}"#, .damaged),
    ("{\"format\":1", .damaged),
    (#"{"format":1,"id":"x","created":"yesterday","tool":"t"}"#, .damaged),
  ])
  func refusesADescriptionThatItDoesNotKnow(text: String, code: RepositoryError.Code) throws {
    let error = #expect(throws: RepositoryError.self) {
      try RepositoryDescription.decode(Array(text.utf8), location: "/r")
    }
    #expect(error?.code == code)
  }

  @Test func opensADescriptionWithMoreKeys() throws {
    let text = #"{"format":1,"id":"x","created":"2026-11-22T05:00:00Z","tool":"t","more":[1]}"#
    #expect(try RepositoryDescription.decode(Array(text.utf8), location: "/r").id == "x")
  }
}
