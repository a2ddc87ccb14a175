import HostSystem
import Testing

@testable import BackupReporting

@Suite struct CurlSenderTests {
  private func request(_ body: String? = "hello") throws -> HTTPRequest {
    HTTPRequest(
      .post, try WebAddress("https://host/secret"), headers: [try HTTPHeader(name: "X-Key", value: "a\"b\\c")],
      body: body)
  }

  private func sender(_ end: @escaping @Sendable () throws -> ChildResult) -> (CurlSender, RecordingCommands) {
    let commands = RecordingCommands { _ in try end() }
    return (CurlSender(commands: commands), commands)
  }

  @Test func passesNothingSecretInArguments() async throws {
    let (sender, commands) = sender { ChildResult(end: .exited(0), output: Array("ok".utf8), lastWords: ["204"]) }
    #expect(try await sender.send(request()) == HTTPAnswer(status: 204, body: "ok"))
    let command = try #require(commands.commands.first)
    #expect(command.executable == "curl")
    #expect(command.arguments == ["-q", "--config", "-"])
    #expect(command.environment == [:])
    let lines = String(decoding: command.input, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(lines.contains(#"url = "https://host/secret""#))
    #expect(lines.contains(#"request = "POST""#))
    #expect(lines.contains(#"header = "X-Key: a\"b\\c""#))
    #expect(lines.contains(#"header = "Content-Type: text/plain; charset=utf-8""#))
    #expect(lines.contains(#"data-raw = "hello""#))
    #expect(command.timeLimit == .seconds(65))
  }

  @Test func sendsNoBodyAndNoTypeOfItWhenThereIsNone() throws {
    let text = try #require(CurlConfiguration(try request(nil))).text
    #expect(!text.contains("data-raw") && !text.contains("Content-Type"))
  }

  @Test func cutsALongBodyIntoPiecesThatCurlAccepts() throws {
    // A piece that began with @ would be read as the name of a file.
    let body = "@" + String(repeating: "é\"\n", count: 30_000) + String(repeating: "@", count: 9_000)
    let lines = try #require(CurlConfiguration(try request(body))).text.split(separator: "\n")
    let pieces = lines.filter { $0.hasPrefix("data-raw = ") || $0.hasPrefix("json = ") }
    #expect(pieces.count == 4)
    #expect(pieces.first?.hasPrefix("data-raw = \"@é") == true)
    for piece in pieces.dropFirst() { #expect(piece.hasPrefix("json = \"") && !piece.hasPrefix("json = \"@")) }
  }

  @Test(arguments: [
    ([String](), ChildResult.End.exited(0), "curl ended with code 0"),
    (["curl: (7) Failed to connect to host port 1", "000"], .exited(7), "curl: (7) Failed to connect to host port 1"),
    (["curl: (18) transfer closed", "200"], .exited(18), "curl: (18) transfer closed"),
    (["curl: (3) bad https://host/secret here", "000"], .exited(3), "curl: (3) bad https://host/… here"),
    ([], .killed(signal: 9), "curl was killed by signal 9"),
  ])
  func saysWhyThereIsNoAnswer(words: [String], end: ChildResult.End, cause: String) async throws {
    let (sender, _) = sender { ChildResult(end: end, lastWords: words) }
    let request = try request()
    let error = try await #require(throws: ReportingError.self) { try await sender.send(request) }
    #expect(error.code == .request)
    #expect(error.message == "https://host/… did not answer")
    #expect(error.cause == cause)
  }

  @Test func saysHowToInstallCurlWhenItIsMissing() async throws {
    let (sender, _) = sender { throw ChildError(.notStarted, "cannot run curl") }
    let request = try request()
    let error = try await #require(throws: ReportingError.self) { try await sender.send(request) }
    #expect(error.category == .toolMissing)
    #expect(error.hint == "apt-get install curl")
  }

  @Test func givesUpWhenCurlHangsOrTheRunIsStopped() async throws {
    let request = try request()
    let (hanging, _) = sender { throw ChildError(.timedOut, "cannot run curl: it took longer") }
    let late = try await #require(throws: ReportingError.self) { try await hanging.send(request) }
    #expect(late.message == "curl did not end in time and was stopped")
    let (stopped, _) = sender { throw CancellationError() }
    let cancelled = try await #require(throws: ReportingError.self) { try await stopped.send(request) }
    #expect(cancelled.message == "curl was stopped with the run")
  }

  @Test(arguments: ["a\u{0}b", String(repeating: "@", count: 60_000)])
  func refusesATextThatCurlWouldTakeForSomethingElse(text: String) async throws {
    let (sender, commands) = sender { ChildResult(end: .exited(0)) }
    let request = try request(text)
    await #expect(throws: ReportingError.self) { try await sender.send(request) }
    #expect(commands.commands == [])
  }
}
