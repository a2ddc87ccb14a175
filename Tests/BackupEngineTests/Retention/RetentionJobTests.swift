import BackupModel
import BackupPolicy
import Foundation
import JobEngine
import Testing

@testable import BackupEngine

/// Whose rules the job `retention` goes by.
@Suite struct RetentionJobTests {
  private let scene: ScheduleScene

  /// Two streams with three points each, all of today.
  init() async throws {
    scene = try ScheduleScene()
    for number in 0..<3 {
      _ = try await scene.run(
        "  dumps: {kind: archive, streams: [a, b]}",
        streams: "streams: [{name: a, command: [echo, a\(number)]}, {name: b, command: [echo, b\(number)]}]")
    }
  }

  private func configuration(_ retention: String) throws -> Configuration {
    try Configuration.parse(text: "repository: {path: /r}\nretention: \(retention)\n", file: "c.yaml")
  }

  private func run(_ keys: String, _ configuration: Configuration?) async throws -> RunSummary<SourceID> {
    try await scene.prepare("  old: {kind: retention, sources: \"*\"\(keys)}", configuration: configuration)
      .run(observer: RecordingObserver())
  }

  private func counts() throws -> [Int] { try ["a", "b"].map { try scene.points(of: $0) } }

  @Test func needsRulesOfItsOwnOrOfTheConfiguration() async throws {
    for configuration in [
      nil, try configuration("{}"), try configuration("{sources: [{match: \"*\", keep: {last: 1}}]}"),
    ] {
      let error = await #expect(throws: PolicyError.self) { try await run("", configuration) }
      #expect(
        error?.message
          == "cannot read s.yaml:3: job `old` of kind retention has no `keep`, nor has `retention` in the configuration"
      )
    }
    #expect(try counts() == [3, 3])
  }

  @Test(arguments: [
    (", volumes: pvc, keep: {last: 1}, sources: a", "has `volumes` and `sources`"),
    (", volumes: pvc, keep: {last: 1}, grace: 1d", "has `volumes` and `grace`"),
    (", volumes: pvc", "has `volumes` and no `keep`"),
    (", volumes: pvc, keep: {last: 1}", "there are no volumes `pvc`"),
  ])
  func isAboutSnapshotsOrAboutPoints(keys: String, problem: String) async throws {
    let error = await #expect(throws: PolicyError.self) {
      try await scene.prepare("  old: {kind: retention\(keys)}", configuration: nil).run(observer: RecordingObserver())
    }
    #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
    #expect(try counts() == [3, 3])
  }

  @Test func goesByTheConfigurationsAndSaysSo() async throws {
    let summary = try await run("", try configuration("{keep: {last: 2}}"))
    #expect(summary.result == .ok, "\(summary)")
    #expect(try counts() == [2, 2])
    #expect(summary.tasks.allSatisfy { $0.message.hasPrefix("forgot 1 point by last=2 (configuration, c.yaml:2), ") })
  }

  @Test func itsOwnGoBeforeTheConfigurationsButNotBeforeThoseOfASource() async throws {
    let summary = try await run(
      ", keep: {last: 3}", try configuration("{keep: {last: 1}, sources: [{match: stream/b, keep: {last: 2}}]}"))
    #expect(summary.result == .ok, "\(summary)")
    #expect(try counts() == [3, 2])
    #expect(summary.tasks.contains { $0.message.contains(" by last=3 (job old, s.yaml:3)") }, "\(summary.tasks)")
    #expect(
      summary.tasks.contains { $0.message.contains(" by last=2 (source stream/b, c.yaml:2)") }, "\(summary.tasks)")
  }

  @Test func goesByTheRulesOfAService() async throws {
    var configuration = try configuration("{keep: {last: 3}, services: {b: {keep: {last: 2}}}}")
    #expect(try await run("", configuration).result == .ok)
    #expect(try counts() == [3, 2])
    configuration.services = [ServiceDeclaration(name: "both", sources: [Wildcard("a"), Wildcard("b")])]
    configuration.retention.services = [
      .init(name: "both", rules: .init(try KeepRules(parsing: "last=1")))
    ]
    // Two of three points go, which is more than half.
    #expect(try await run(", most-removed: 70%", configuration).result == .ok)
    #expect(try counts() == [1, 1])
  }

  @Test(arguments: ["services: {bb: {keep: {last: 3}}}", "sources: [{match: stream/c, keep: {last: 3}}]"])
  func forgetsNothingWhileSomeRulesApplyToNothing(_ misspelt: String) async throws {
    let summary = try await run("", try configuration("{keep: {last: 2}, \(misspelt)}"))
    #expect(summary.result == .failed && summary.tasks.isEmpty, "\(summary)")
    #expect(
      summary.jobs.first?.message.contains(
        "cannot forget by the rules of the configuration: c.yaml:2: `retention` has rules for")
        == true, "\(summary.jobs)")
    #expect(try counts() == [3, 3])
  }
}
