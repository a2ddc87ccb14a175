import BackupModel
import HostSystem
import Testing

@testable import BackupReporting

@Suite struct NotificationDeliveryTests {
  private static func targets() throws -> [NotificationTarget] {
    let hook = AddressSource.literal(try WebAddress("https://hook/secret"))
    let topic = AddressSource.literal(try WebAddress("https://ntfy/topic"))
    let mail = try MailTarget(recipients: ["root"])
    let command = try CommandTarget(arguments: ["/bin/tell", "a b"])
    return [
      NotificationTarget(name: "hook", channel: .webhook(WebhookTarget(address: hook)), timeLimit: .seconds(7)),
      NotificationTarget(name: "phone", channel: .ntfy(NtfyTarget(address: topic))),
      NotificationTarget(name: "post", channel: .mail(mail), timeLimit: .seconds(9)),
      NotificationTarget(name: "script", channel: .command(command)),
    ]
  }

  @Test func tellsAllTargetsInTheirOwnForms() async throws {
    let (http, commands) = (RecordingHTTP(), RecordingCommands())
    let message = try NotificationMessageTests.documented()
    let outcome = await NotificationDelivery(http: http, commands: commands).deliver(message, to: try Self.targets())
    #expect(outcome.delivered == ["hook", "phone", "post", "script"])
    #expect(outcome.warnings == [])
    #expect(outcome.isAnnounced)
    let hook = try #require(http.requests.first { $0.address.text == "https://hook/secret" })
    #expect(hook.method == .post)
    #expect(hook.headers.map { "\($0.name): \($0.value)" } == ["Content-Type: application/json"])
    let document = try NotificationDocument(message).text()
    #expect(hook.body == document)
    #expect(hook.timeLimit == .seconds(7))
    let phone = try #require(http.requests.first { $0.address.text == "https://ntfy/topic" })
    #expect(
      phone.headers.map { "\($0.name): \($0.value)" } == [
        "Title: backupctl on pve1: weekly failed", "Priority: high", "Tags: rotating_light",
      ])
    #expect(phone.body == message.text)
    let post = try #require(commands.commands.first { $0.executable == "/usr/sbin/sendmail" })
    #expect(post.timeLimit == .seconds(9))
    let script = try #require(commands.commands.first { $0.executable == "/bin/tell" })
    #expect(script.arguments == ["a b"])
    #expect(script.timeLimit == .seconds(30))
    #expect(script.input == Array((document + "\n").utf8))
    #expect(
      script.environment == [
        "BACKUPCTL_EVENT": "failed", "BACKUPCTL_STATE": "failed", "BACKUPCTL_HOST": "pve1",
        "BACKUPCTL_SCHEDULE": "weekly", "BACKUPCTL_TITLE": "backupctl on pve1: weekly failed",
      ])
  }

  @Test func tellsTheOthersWhenOneFails() async throws {
    let http = RecordingHTTP { request in
      request.address.text.contains("hook") ? .success(HTTPAnswer(status: 500)) : .success(HTTPAnswer(status: 200))
    }
    let commands = RecordingCommands { command in
      guard command.executable == "/bin/tell" else { throw ChildError(.notStarted, "cannot run", cause: "ENOENT") }
      return ChildResult(end: .exited(2), lastWords: ["first", "no such user"])
    }
    let outcome = await NotificationDelivery(http: http, commands: commands)
      .deliver(try NotificationMessageTests.documented(), to: try Self.targets())
    #expect(outcome.delivered == ["phone"])
    #expect(outcome.isAnnounced)
    #expect(
      outcome.warnings.map(\.description) == [
        "cannot notify hook: https://hook/… answered with status 500",
        "cannot notify post: /usr/sbin/sendmail is not installed or not executable (ENOENT)",
        "cannot notify script: /bin/tell ended with code 2 (no such user)",
      ])
    #expect(outcome.warnings.map(\.category) == [.failed, .toolMissing, .failed])
  }

  @Test func isNotAnnouncedWhenNobodyWasReached() async throws {
    let http = RecordingHTTP { _ in .success(HTTPAnswer(status: 503)) }
    let delivery = NotificationDelivery(http: http, commands: RecordingCommands())
    let message = try NotificationMessageTests.documented()
    let web = Array(try Self.targets().prefix(2))
    let outcome = await delivery.deliver(message, to: web)
    #expect(!outcome.isAnnounced)
    let withoutTargets = await delivery.deliver(message, to: [])
    #expect(withoutTargets.isAnnounced)
  }

  @Test func sendsThePriorityAndTheTagsThatAreDeclared() throws {
    let address = AddressSource.literal(try WebAddress("https://ntfy/topic"))
    let message = try NotificationMessageTests.documented()
    let request = try NtfyTarget(address: address, priority: 5, tags: ["backup", "é"])
      .request(message, timeLimit: .seconds(1))
    #expect(request.headers.map(\.name) == ["Title", "Priority", "Tags"])
    #expect(request.headers.map(\.value).dropFirst() == ["5", EncodedWords.header("rotating_light,backup,é")])
  }

  @Test func sendsTheHeadersOfAFile() async throws {
    let scratch = try ScratchDirectory()
    let file = try scratch.write("Authorization: Bearer token\n", to: "headers")
    let http = RecordingHTTP()
    let address = AddressSource.literal(try WebAddress("https://host/x"))
    _ = await NotificationDelivery(http: http, commands: RecordingCommands()).deliver(
      try NotificationMessageTests.documented(),
      to: [
        NotificationTarget(name: "a", channel: .webhook(WebhookTarget(address: address, headerFile: file))),
        NotificationTarget(name: "b", channel: .ntfy(NtfyTarget(address: address, headerFile: file))),
      ])
    #expect(http.requests.count == 2)
    for request in http.requests {
      #expect(request.headers.contains { $0.name == "Authorization" && $0.value == "Bearer token" })
    }
  }

  @Test(arguments: [[], [""], ["/bin/tell", "a\u{0}b"]])
  func refusesACommandThatCanNotBeRun(arguments: [String]) {
    #expect(throws: ReportingError.self) { try CommandTarget(arguments: arguments) }
  }
}
