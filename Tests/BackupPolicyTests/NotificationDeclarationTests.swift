import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct NotificationDeclarationTests {
  private func notifications(_ list: String) throws -> [NotificationDeclaration] {
    try Configuration.parse(text: "repository: {path: /r}\nnotifications: \(list)", file: "c.yaml").notifications
  }

  /// The error for one notification of these keys beside its name.
  private func error(_ keys: String) throws -> PolicyError {
    try #require(throws: PolicyError.self) { try notifications("[{name: n, \(keys)}]") }
  }

  @Test func tellsOfFailureAndRecoveryOfAllSchedulesUnlessSaidOtherwise() throws {
    let notification = try #require(try notifications("[{name: n, webhook: {url: \"http://h\"}}]").first)
    #expect(notification.events == [.failed, .recovered])
    #expect(notification.schedules == nil)
    #expect(notification.target == .webhook(url: "http://h", headerFile: nil))
  }

  @Test func tellsNothingSpecialOfAPing() throws {
    let ping = try #require(try notifications("[{name: n, schedules: nightly, ping: {url: \"http://h\"}}]").first)
    #expect(ping.events.isEmpty && ping.schedules == ["nightly"])
  }

  @Test(
    arguments: [
      ("mail: {to: root}", .mail(to: ["root"], from: nil)),
      ("mail: {to: [a@b.c, d+e@f], from: \"ä@b\"}", .mail(to: ["a@b.c", "d+e@f"], from: "ä@b")),
      ("ntfy: {url: \"http://h/t\"}", .ntfy(url: "http://h/t", priority: nil, tags: [], headerFile: nil)),
      ("ntfy: {url: \"http://h/t\", tags: a}", .ntfy(url: "http://h/t", priority: nil, tags: ["a"], headerFile: nil)),
      ("command: [tell, \"\"]", .command(["tell", ""])),
      ("webhook: {url: \"http://h/?a=b\", header-file: /h}", .webhook(url: "http://h/?a=b", headerFile: "/h")),
    ] as [(String, NotificationDeclaration.Target)])
  func readsEachTarget(_ keys: String, _ target: NotificationDeclaration.Target) throws {
    #expect(try notifications("[{name: n, \(keys)}]").map(\.target) == [target])
  }

  @Test(arguments: [
    ("on: failed", "notification `n` does not say where it goes"),
    ("mail: {to: a}, command: [b]", "notification `n` has both `mail` and `command`, but goes to one place"),
    ("on: failed, ping: {url: \"http://h\"}", "notification `n` is a `ping`, which has no `on`"),
    ("on: [], command: [a]", "expected at least one of `failed`, `recovered`, `degraded`"),
    ("on: [failed, failed], command: [a]", "`failed` is named twice"),
    ("on: fail, command: [a]", "expected one of `failed`, `recovered`, `degraded`; did you mean `failed`?"),
    ("schedules: [], command: [a]", "expected the name of at least one schedule"),
    ("schedules: [a b], command: [a]", "item 1 of `schedules` is `a b`, expected a name"),
    ("command: notify-send hello", "no shell is between"),
    ("webhook: {}", "`webhook` has no `url`"), ("webhook: \"http://h\"", "expected a mapping"),
    ("webhook: {url: \"http://h\", secret: x}", "unknown key `secret` in `webhook`"),
    ("webhook: {url: \"http://h\", header-file: x}", "`header-file` is `x`, expected an absolute path"),
    ("ping: {url: \"http://u:p@h\"}", "`url` has a user name or password in it"),
    ("ntfy: {url: \"http://h\", priority: 6}", "expected a whole number from 1 to 5"),
    ("ntfy: {url: \"http://h\", tags: [\"a,b\"]}", "expected a tag of printable ASCII characters"),
    ("ntfy: {url: \"http://h\", tags: [\"a\\nb\"]}", "expected a tag of printable ASCII characters"),
    ("mail: {}", "`mail` has no `to`"), ("mail: {to: []}", "expected at least one mail address"),
    ("mail: {to: [a, a]}", "`a` is named twice"), ("mial: {to: a}", "unknown key `mial` in item 1 of `notifications`"),
  ])
  func refusesAMistakeNamingIt(_ keys: String, _ part: String) throws {
    let error = try error(keys)
    #expect(error.category == .usage)
    #expect(error.message.hasPrefix("cannot read c.yaml:2: "))
    #expect(error.message.contains(part), "\(error.message)")
  }

  @Test(arguments: [
    "-oQ/tmp", "a b", "a,b", "a@b@c", "@b", "a@", "a\\nBcc: b", "a\\rb", "a\\u0085b", "a\\u2028b", "<a@b>", "",
    "a\\u00a0b",
  ])
  func refusesAnAddressThatCouldBeMoreThanOneRecipient(_ address: String) throws {
    for key in ["mail: {to: \"\(address)\"}", "mail: {to: root, from: \"\(address)\"}"] {
      let message = try error(key).message
      #expect(message.contains("expected a mail address"), "\(message)")
    }
  }

  @Test func hintsAtAHeaderFileOnlyWhereThereCanBeOne() throws {
    #expect(try error("webhook: {url: \"http://u:p@h\"}").hint?.contains("`header-file`") == true)
    #expect(try error("ping: {url: \"http://u:p@h\"}").hint == "give an address that needs none")
  }

  @Test func refusesASecondNotificationOfOneName() throws {
    let error = try #require(throws: PolicyError.self) {
      try notifications("[{name: n, command: [a]}, {name: n, command: [b]}]")
    }
    #expect(error.message == "cannot read c.yaml:2: duplicate notification name `n`")
  }

  @Test func refusesANotificationWithoutName() throws {
    let error = try #require(throws: PolicyError.self) { try notifications("[{command: [a]}]") }
    #expect(error.message == "cannot read c.yaml:2: item 1 of `notifications` has no `name`")
  }
}
