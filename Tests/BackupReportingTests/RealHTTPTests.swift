import BackupModel
import Foundation
import HostSystem
import Testing

@testable import BackupReporting

/// curl sends to a real server: Python's, on the loopback.
@Suite(.timeLimit(.minutes(10)), .enabled(if: isInstalled("curl"), "needs curl: apt-get install curl"))
struct RealHTTPTests {
  private struct Received: Decodable {
    let method: String
    let path: String
    let headers: [String: String]
    let body: String
  }

  private func withServer(
    _ body: (_ address: String, _ received: () async throws -> [Received]) async throws -> Void
  ) async throws {
    let script = GoldenPage.root.appending(path: "Tests/Monitoring/http_server.py").path
    try await LocalServer.run(ChildCommand("python3", [script]), portOf: { Int($0) }) { address, server in
      try await body(address) {
        // The server prints one request after the other: what came before this one is there with it.
        _ = try await sender.send(HTTPRequest(.get, try WebAddress("\(address)/last")))
        let lines = await server.printed { $0.contains("\"/last\"") }
        return try lines.dropFirst().map { try JSONDecoder().decode(Received.self, from: Data($0.utf8)) }
          .filter { $0.path != "/last" }
      }
    }
  }

  private let sender = CurlSender(commands: HostCommands())

  @Test func sendsTheBodyByteForByteWhateverItHolds() async throws {
    let texts = [
      "", "@/etc/passwd", "a&b=c%20d", "\"quoted\" \\n \\\\ \t\r\n\u{B}end\\",
      "@" + String(repeating: "line of é🎉 \"text\"\\\n", count: 20_000) + String(repeating: "@", count: 9_000),
    ]
    try await withServer { address, received in
      for text in texts {
        let request = HTTPRequest(
          .put, try WebAddress("\(address)/a%20b?q=[1-3]"),
          headers: [try HTTPHeader(name: "X-Key", value: "a\"b\\c: d")],
          body: text)
        #expect(try await sender.send(request) == HTTPAnswer(status: 200, body: "thank you\n"))
      }
      let requests = try await received()
      #expect(requests.map(\.body) == texts)
      for request in requests {
        #expect(request.method == "PUT")
        #expect(request.path == "/a%20b?q=[1-3]")
        #expect(request.headers["X-Key"] == "a\"b\\c: d")
        #expect(request.headers["Content-Type"] == "text/plain; charset=utf-8")
        #expect(request.headers["Expect"] == nil && request.headers["Accept"] == nil)
      }
    }
  }

  @Test func sendsNoBodyWithAGet() async throws {
    try await withServer { address, received in
      _ = try await sender.send(HTTPRequest(.get, try WebAddress(address)))
      let request = try #require(try await received().first)
      #expect(request.method == "GET")
      #expect(request.path == "/")
      #expect(request.headers["Content-Length"] == nil && request.headers["Content-Type"] == nil)
    }
  }

  @Test func triesAgainWhenTheServerIsOverloaded() async throws {
    try await withServer { address, received in
      let answer = try await sender.send(HTTPRequest(.post, try WebAddress("\(address)/flaky"), body: "x", retries: 2))
      #expect(answer.isSuccess)
      #expect(try await received().map(\.body) == ["x", "x", "x"])
    }
  }

  @Test func triesOnceWhenTheServerRefuses() async throws {
    try await withServer { address, received in
      let answer = try await sender.send(HTTPRequest(.post, try WebAddress("\(address)/status/400"), body: "x"))
      #expect(answer == HTTPAnswer(status: 400, body: "told to\nsecond line\n"))
      #expect(try await received().count == 1)
    }
  }

  @Test func followsNoRedirection() async throws {
    try await withServer { address, received in
      let answer = try await sender.send(HTTPRequest(.post, try WebAddress("\(address)/redirect"), body: "x"))
      #expect(answer.status == 302)
      #expect(try await received().map(\.path) == ["/redirect"])
    }
  }

  @Test func givesUpOnAServerThatDoesNotAnswerInTime() async throws {
    try await withServer { address, _ in
      let request = HTTPRequest(.get, try WebAddress("\(address)/silent"), timeLimit: .seconds(1), retries: 0)
      let error = try await #require(throws: ReportingError.self) { try await sender.send(request) }
      // On a busy machine the limit on the program comes before the program's own.
      let isOwnLimit = error.message == "\(address)/… did not answer" && error.cause?.contains("timed out") == true
      #expect(isOwnLimit || error.message == "curl did not end in time and was stopped", "\(error)")
    }
  }

  @Test func takesNoHalfAnswerForOne() async throws {
    try await withServer { address, _ in
      let request = HTTPRequest(.get, try WebAddress("\(address)/broken"), retries: 0)
      let error = try await #require(throws: ReportingError.self) { try await sender.send(request) }
      #expect(error.cause?.contains("(18)") == true, "\(error)")
    }
  }

  @Test func saysThatNobodyListens() async throws {
    // Port 1 is reserved for a protocol that nothing speaks.
    let request = HTTPRequest(.get, try WebAddress("http://127.0.0.1:1/secret"), retries: 0)
    let error = try await #require(throws: ReportingError.self) { try await sender.send(request) }
    #expect(error.cause?.contains("connect") == true, "\(error)")
    #expect(!error.description.contains("secret"))
  }

  @Test func tellsEveryKindOfTarget() async throws {
    let scratch = try ScratchDirectory()
    let mail = try scratch.write(
      "#!/bin/sh\necho \"$@\" >\(scratch.path)/mail\ncat >>\(scratch.path)/mail\n", to: "sendmail")
    let tell = try scratch.write(
      "#!/bin/sh\nprintf '%s %s|' \"$1\" \"$BACKUPCTL_EVENT\" >\(scratch.path)/told\ncat >>\(scratch.path)/told\n",
      to: "tell")
    for script in [mail, tell] {
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    }
    let headers = try scratch.write("Authorization: Bearer token", to: "headers")
    let message = try NotificationMessageTests.documented()
    let document = try NotificationDocument(message).text()
    try await withServer { address, received in
      let targets = [
        NotificationTarget(
          name: "hook",
          channel: .webhook(WebhookTarget(address: .literal(try WebAddress("\(address)/hook")), headerFile: headers))),
        NotificationTarget(
          name: "phone", channel: .ntfy(NtfyTarget(address: .literal(try WebAddress("\(address)/topic"))))),
        NotificationTarget(name: "lost", channel: .webhook(WebhookTarget(address: .file("/nonexistent")))),
        NotificationTarget(name: "post", channel: .mail(try MailTarget(recipients: ["root"], program: mail))),
        NotificationTarget(name: "script", channel: .command(try CommandTarget(arguments: [tell, "a b"]))),
        NotificationTarget(
          name: "hangs", channel: .command(try CommandTarget(arguments: ["sleep", "60"])), timeLimit: .milliseconds(200)
        ),
      ]
      let outcome = await NotificationDelivery(http: sender, commands: HostCommands()).deliver(message, to: targets)
      #expect(outcome.delivered == ["hook", "phone", "post", "script"])
      #expect(
        outcome.warnings.map(\.message) == [
          "cannot notify lost: cannot read /nonexistent: No such file or directory",
          "cannot notify hangs: sleep did not end in time and was stopped",
        ])
      let requests = try await received()
      let hook = try #require(requests.first { $0.path == "/hook" })
      #expect(hook.body == document)
      #expect(hook.headers["Authorization"] == "Bearer token")
      #expect(hook.headers["Content-Type"] == "application/json")
      let topic = try #require(requests.first { $0.path == "/topic" })
      #expect(topic.headers["Title"] == message.title)
      #expect(topic.body == message.text)
    }
    let letter = try MailTarget(recipients: ["root"]).message(message)
    #expect(try scratch.text("mail") == "-t -i\n\(letter)")
    #expect(try scratch.text("told") == "a b failed|\(document)\n")
  }

  @Test func pingsADeadManSwitch() async throws {
    try await withServer { address, received in
      let target = DeadManTarget(base: .literal(try WebAddress("\(address)/ping/uuid")))
      for event in DeadManEvent.allCases {
        #expect(await DeadManPing(http: sender).send(event, summary: "weekly \(event)", to: target) == nil)
      }
      #expect(
        try await received().map { "\($0.path) \($0.body)" } == [
          "/ping/uuid/start weekly start", "/ping/uuid weekly success", "/ping/uuid/fail weekly failure",
        ])
    }
  }
}
