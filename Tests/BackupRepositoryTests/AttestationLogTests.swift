import BackupModel
import Foundation
import Testing

@testable import BackupRepository

/// A repository with one source, in a directory of its own.
private final class LogWorld {
  let directory: URL
  let store: SourceStore
  var file: URL { directory.appendingPathComponent("repository/sources/tree/etc/attestations.jsonl") }

  init() throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("attestation-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let repository = try Repository.create(
      Array("\(directory.path)/repository".utf8), id: "0b5d0c2e-1111-2222-3333-444455556666",
      created: Timestamp(seconds: 0), tool: "test")
    store = repository.store(try #require(SourceID(kind: .tree, name: "etc")))
    _ = try store.lock(holder: "test")
  }

  deinit { try? FileManager.default.removeItem(at: directory) }  // Only a directory of the test is left over.

  func write(_ text: String) throws { try Data(text.utf8).write(to: file) }
  func text() throws -> String { String(decoding: try Data(contentsOf: file), as: UTF8.self) }
}

@Suite struct AttestationLogTests {
  private let pack = PackName(point: RecoveryPointID(begun: Timestamp(seconds: 1_800_000_000)), number: 1)

  private func attestation(_ frames: FrameRanges, _ result: Attestation.Result, at seconds: Int64 = 10) -> Attestation {
    var attestation = Attestation(
      at: Timestamp(seconds: seconds), action: .verify, result: result, tool: "test", seconds: 1.5)
    attestation.pack = pack
    attestation.frames = frames
    return attestation
  }

  @Test func readsBackWhatWasAppended() throws {
    let world = try LogWorld()
    #expect(try world.store.attestations.read().attestations.isEmpty)
    var damaged = attestation(FrameRanges([2, 3]), .damaged)
    damaged.damage = ["frame 2 is damaged"]
    var check = Attestation(at: Timestamp(seconds: 11), action: .check, result: .ok, tool: "test", seconds: 0.25)
    check.point = pack.point
    var drill = Attestation(at: Timestamp(seconds: 12), action: .drill, result: .incomplete, tool: "test", seconds: 2)
    drill.point = pack.point
    drill.obstacles = ["the program sqlite3 isn't installed"]
    let all = [attestation(FrameRanges(0..<2), .ok), damaged, check, drill]
    for one in all { try world.store.attestations.append(one) }
    let content = try world.store.attestations.read()
    #expect(content.attestations == all)
    #expect(content.notes.isEmpty)
    #expect(try world.text().contains(#""frames":"2-3""#))
  }

  @Test func ignoresALastLineWithoutItsNewline() throws {
    let world = try LogWorld()
    try world.store.attestations.append(attestation(FrameRanges(0..<2), .ok))
    try world.write(try world.text() + #"{"action":"verify","at":"2026-1"#)
    let content = try world.store.attestations.read()
    #expect(content.attestations.count == 1)
    #expect(content.notes.isEmpty)
  }

  @Test func endsATornLineBeforeItAppends() throws {
    let world = try LogWorld()
    try world.write(#"{"action":"verify","at""#)
    try world.store.attestations.append(attestation(FrameRanges(0..<2), .ok))
    let content = try world.store.attestations.read()
    #expect(content.attestations == [attestation(FrameRanges(0..<2), .ok)])
    #expect(content.notes.count == 1)
  }

  @Test(arguments: [
    "not json", "{}", #"{"action":"dance","at":"2026-11-22T05:00:00Z","result":"ok"}"#,
    #"{"action":"drill","at":"2026-11-22T05:00:00Z","result":"a word of later"}"#,
    #"{"action":"verify","at":"yesterday","result":"ok"}"#,
    #"{"action":"verify","at":"2026-11-22T05:00:00Z","result":"ok","pack":"../../etc","frames":"0"}"#,
    #"{"action":"verify","at":"2026-11-22T05:00:00Z","result":"ok","pack":"20261122T050000Z-0001","frames":"9-1"}"#,
    "\u{0}\u{1}\u{2}",
  ])
  func passesADamagedLineOverWithANote(line: String) throws {
    let world = try LogWorld()
    try world.store.attestations.append(attestation(FrameRanges(0..<2), .ok))
    try world.write(try world.text() + line + "\n")
    try world.store.attestations.append(attestation(FrameRanges(2..<4), .ok))
    let content = try world.store.attestations.read()
    #expect(content.attestations.map(\.frames) == [FrameRanges(0..<2), FrameRanges(2..<4)])
    #expect(content.notes.count == 1)
    #expect(content.notes.first?.contains("attestations.jsonl") == true)
  }

  @Test func ignoresKeysThatItDoesNotKnow() throws {
    let world = try LogWorld()
    try world.write(#"{"action":"check","at":"2026-11-22T05:00:00Z","result":"ok","tool":"x","moon":"full"}"# + "\n")
    #expect(try world.store.attestations.read().attestations.count == 1)
  }

  @Test func remembersTheNewestVerificationOfEachFrame() {
    let history = AttestationHistory([
      attestation(FrameRanges(0..<10), .ok, at: 100), attestation(FrameRanges([3, 4, 12]), .damaged, at: 200),
      attestation(FrameRanges([4]), .ok, at: 300),
    ])
    let segments = history.segments(of: pack, frameCount: 14)
    func segment(_ frames: Range<Int>, _ seconds: Int64?, _ isDamaged: Bool = false) -> AttestationHistory.Segment {
      AttestationHistory.Segment(
        frames: frames, verified: seconds.map { Timestamp(seconds: $0) }, isDamaged: isDamaged)
    }
    #expect(
      segments == [
        segment(0..<3, 100), segment(3..<4, 200, true), segment(4..<5, 300), segment(5..<10, 100),
        segment(10..<12, nil), segment(12..<13, 200, true), segment(13..<14, nil),
      ])
    #expect(history.damagedFrames == [pack: FrameRanges([3, 12])])
    #expect(history.knowsOfDamage)
  }

  @Test func forgetsDamageThatALaterVerificationFoundGone() {
    var unreadable = attestation(FrameRanges(), .damaged)
    unreadable.damage = ["no seek table"]
    var history = AttestationHistory([unreadable, attestation(FrameRanges([0]), .damaged)])
    #expect(history.knowsOfDamage)
    history.record(attestation(FrameRanges(0..<3), .ok))
    #expect(!history.knowsOfDamage)
    #expect(history.damagedFrames.isEmpty)
  }
}
