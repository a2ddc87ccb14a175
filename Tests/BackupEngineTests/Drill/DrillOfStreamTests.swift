import BackupModel
import BackupPolicy
import BackupRepository
import Foundation
import HostSystem
import Testing

@testable import BackupEngine

/// What a drill finds in the output of a command, over the weeks.
@Suite struct DrillOfStreamTests {
  private static let dump = "-- MySQL dump 10.13\n--\nINSERT INTO `t` VALUES (1);\n-- Dump completed\n"
  private let scene: StreamScene

  init() throws { scene = try StreamScene() }

  private func drill(
    _ point: RecoveryPoint, _ probes: [ProbeDeclaration] = ProbeDeclaration.defaults
  ) async throws -> DrillReport {
    var drill = Drill(
      store: try scene.store(), point: point, scratchDirectory: PathBytes(path: scene.directory), tool: "tests")
    drill.probes = probes
    let report = try await drill.run(clock: scene.clock)
    let names = try FileManager.default.contentsOfDirectory(atPath: scene.directory)
    #expect(!names.contains { $0.hasPrefix("backupctl-drill") })
    return report
  }

  /// Lets days go by: the scene's clock goes on by an hour each time it is asked.
  private func wait(days: Int) { for _ in 0..<24 * days { _ = scene.clock.now() } }

  @Test func findsADumpThatIsTheSameForThreeWeeksAlthoughItIsWrittenAnew() async throws {
    try scene.write(Array(Self.dump.utf8))
    let first = try await scene.archive()
    wait(days: 10)
    let second = try await scene.archive()
    #expect(try await drill(second).findings.isEmpty)
    wait(days: 12)
    let third = try await scene.archive()
    #expect(
      try await drill(third).findings == [
        "stream/s@\(third.id): dump: the dump was written anew and is byte for byte that of the point \(first.id), 22 days before"
      ])
    #expect(try await drill(third, [ProbeDeclaration(.dump(unchangedFor: nil))]).findings.isEmpty)
    #expect(
      try await drill(third, [ProbeDeclaration(.dump(unchangedFor: .seconds(30 * 86_400)))]).findings.isEmpty)
  }

  @Test func saysNothingOfADumpThatDiffersOnceInTheTime() async throws {
    try scene.write(Array(Self.dump.utf8))
    _ = try await scene.archive()
    wait(days: 11)
    try scene.write(Array(Self.dump.replacing("(1)", with: "(2)").utf8))
    _ = try await scene.archive()
    try scene.write(Array(Self.dump.utf8))
    wait(days: 11)
    #expect(try await drill(try await scene.archive()).findings.isEmpty)
  }

  @Test func attestsWhatWasMeasuredAndFound() async throws {
    try scene.write(Array("-- MySQL dump 10.13\n--\n".utf8))
    let point = try await scene.archive()
    let report = try await drill(point)
    let attestation = try #require(try scene.store().attestations.read().attestations.last)
    #expect(attestation.action == .drill && attestation.result == .damaged && attestation.point == point.id)
    #expect(attestation.restoreSeconds == report.restoreSeconds)
    #expect(attestation.ageSeconds == report.dataAge.components.seconds && report.dataAge > .seconds(3600))
    #expect(attestation.bytes == 23)
    #expect(attestation.damage == report.findings && report.findings.count == 1)
    #expect(attestation.probes.map(\.probe) == ["sqlite", "dump"])
    #expect(attestation.probes.map(\.result) == [.none, .damaged])
  }

  @Test func stopsAProgramThatTakesTooLongAndSaysThatNothingIsKnown() async throws {
    try scene.write(Array(Self.dump.utf8))
    let report = try await drill(
      try await scene.archive(), [ProbeDeclaration(.command(["sleep", "100"]), timeLimit: .seconds(1))])
    #expect(report.findings.isEmpty && report.hasObstacles && !report.lacksTool)
    #expect(report.result == .incomplete)
    #expect(report.obstacles.first?.hasSuffix("couldn't look: sleep took longer than 1.0 s and was stopped") == true)
  }

  @Test func doesNotAttestAPassWhereAProbeCouldNotLook() async throws {
    try scene.write(Array(Self.dump.utf8))
    let point = try await scene.archive()
    let report = try await drill(point, [ProbeDeclaration(.command(["no-such-program"]))])
    let store = try scene.store()
    let attestation = try #require(try store.attestations.read().attestations.last)
    #expect(attestation.result == .incomplete && attestation.probes.map(\.result) == [.unable])
    #expect(attestation.damage.isEmpty && attestation.obstacles == report.obstacles && report.obstacles.count == 1)
    let trust = try PointTrust(of: point, in: store, earlier: [])
    #expect(trust.drilled == attestation.at && trust.drillResult == .incomplete)
    #expect(trust.expectedSeconds != nil, "it was restored all the same")
    #expect(try DrillHistory(of: store).last?.result == .incomplete)
  }

  @Test func attestsDamageWhereAnotherProbeCouldNotLook() async throws {
    try scene.write(Array("-- MySQL dump 10.13\n--\n".utf8))
    let report = try await drill(
      try await scene.archive(),
      [ProbeDeclaration(named: "dump"), ProbeDeclaration(.command(["no-such-program"]))].compactMap(\.self))
    #expect(report.hasObstacles && report.result == .damaged)
    let last = try #require(try scene.store().attestations.read().attestations.last)
    #expect(last.result == .damaged && !last.damage.isEmpty && !last.obstacles.isEmpty)
  }

  @Test(arguments: ["no-such-program", "/no/such/program"])
  func saysWhichProgramIsMissing(program: String) async throws {
    try scene.write(Array(Self.dump.utf8))
    let report = try await drill(try await scene.archive(), [ProbeDeclaration(.command([program]))])
    #expect(report.lacksTool && report.findings.isEmpty)
    #expect(report.obstacles.first?.hasSuffix("couldn't look: the program \(program) isn't installed") == true)
  }
}
