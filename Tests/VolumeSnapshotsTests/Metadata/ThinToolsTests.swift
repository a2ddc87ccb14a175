import HostSystem
import Testing

@testable import VolumeSnapshots

@Suite("Versions of the thin tools")
struct ThinToolsTests {
  static let accepted = [
    "0.7.4\n", "0.7.6\n", "0.8.5\n", "0.9.0\n", "1.0.6\n", "thin_delta 1.0.6\n", "thin_dump 1.0.11\n", "1.0.12\n",
    "1.1.0\n", "1.2.2\n", "2.0.0\n",
  ]

  @Test(arguments: accepted)
  func acceptsVersionsWithoutKnownErrors(printed: String) async throws {
    let version = try await ThinTools.check([.delta], of: OneAnswer(printed))
    #expect(printed.contains(version.description))
  }

  static let refused = [
    ("0.7.3\n", "leave out blocks"), ("0.6.1\n", "leave out blocks"), ("0.10.0\n", "no published version"),
    ("1.0.0\n", "can call changed blocks the same"), ("1.0.5\n", "can call changed blocks the same"),
    ("thin_delta 1.0.3\n", "can call changed blocks the same"),
  ]

  @Test(arguments: refused)
  func refusesVersionsWithTheReason(printed: String, reason: String) async throws {
    let error = try await #require(throws: VolumeError.self) {
      try await ThinTools.check([.delta], of: OneAnswer(printed))
    }
    #expect(error.code == .unsupportedVersion)
    #expect(error.message.contains(reason))
    #expect(error.hint?.contains("apt-get install thin-provisioning-tools") == true)
    #expect(error.category == .toolMissing)
  }

  @Test(arguments: [
    "", "thin_delta", "1.0", "1.0.6-rc1", "1.0.6.1", "v1.0.6", "1..6", "1.0.99999999999999999999999",
    "thin tools 1.0.6",
  ])
  func refusesWhatDoesNotSayAVersion(printed: String) async throws {
    let error = try await #require(throws: VolumeError.self) {
      try await ThinTools.check([.delta], of: OneAnswer(printed))
    }
    #expect(error.code == .unusableOutput)
  }

  @Test func refusesToolsOfDifferentVersions() async throws {
    let error = try await #require(throws: VolumeError.self) {
      try await ThinTools.check([.dump, .delta], of: OneAnswer("0.9.0\n", except: ["thin_delta": "1.1.0\n"]))
    }
    #expect(error.cause == "thin_dump 0.9.0, thin_delta 1.1.0")
  }
}

/// Gives one answer to whatever is run.
private struct OneAnswer: ToolRunning {
  let text: String
  let exceptions: [String: String]

  init(_ text: String, except exceptions: [String: String] = [:]) {
    self.text = text
    self.exceptions = exceptions
  }

  func run(
    _ tool: String, _ arguments: [String], input: [UInt8], timeLimit: Duration
  ) async throws -> ChildResult {
    ChildResult(end: .exited(0), output: Array((exceptions[tool] ?? text).utf8))
  }
}
