import BackupModel
import BackupPolicy
import BackupRepository
import Foundation
import Testing

@testable import BackupEngine

/// Which probes the job `drill` has look.
@Suite struct DrillJobTests {
  private let scene: ScheduleScene
  private let services = [
    ServiceDeclaration(
      name: "checked", sources: [Wildcard("stream/a")], probes: [ProbeDeclaration(.command(["true"]))]),
    ServiceDeclaration(name: "usual", sources: [Wildcard("stream/b")]),
  ]

  init() async throws {
    scene = try ScheduleScene()
    _ = try await scene.run(
      "  dumps: {kind: archive, streams: [a, b]}",
      streams: "streams: [{name: a, command: [echo, a]}, {name: b, command: [echo, b]}]")
  }

  /// The probes that looked, by source, as the last drill of each attests.
  private func probes(_ job: String) async throws -> [String: [String]] {
    let run = try await scene.prepare("  rehearse: {kind: drill, sources: \"*\"\(job)}", services: services)
    let summary = try await run.run(observer: RecordingObserver())
    #expect(summary.jobs.flatMap(\.tasks).count == 2, "\(summary.jobs)")
    var found: [String: [String]] = [:]
    for source in try scene.repository.sources() {
      found[source.name] = try DrillHistory(of: scene.repository.store(source)).last?.probes.map(\.probe)
    }
    return found
  }

  @Test func takesThoseOfTheServiceElseTheUsualOnes() async throws {
    #expect(try await probes("") == ["a": ["command"], "b": ["sqlite", "dump"]])
  }

  @Test func takesItsOwnWhereItNamesSome() async throws {
    #expect(try await probes(", probes: [dump]") == ["a": ["dump"], "b": ["dump"]])
    #expect(try await probes(", probes: []") == ["a": [], "b": []])
  }
}
