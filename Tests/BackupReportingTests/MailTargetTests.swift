import BackupModel
import Foundation
import Testing

@testable import BackupReporting

@Suite struct MailTargetTests {
  @Test func writesAMessageWithItsHeaders() throws {
    let target = try MailTarget(recipients: ["root", "admin@example.org"], sender: "backup@pve1")
    let message = try target.message(NotificationMessageTests.documented())
    let parts = message.split(separator: "\n\n", maxSplits: 1)
    #expect(
      parts.first.map(String.init) == """
        From: backup@pve1
        To: root,
         admin@example.org
        Subject: backupctl on pve1: weekly failed
        Date: Sun, 22 Nov 2026 06:10:00 +0000
        Auto-Submitted: auto-generated
        MIME-Version: 1.0
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: base64
        """)
    let body = try #require(parts.last)
    #expect(body.split(separator: "\n").allSatisfy { $0.count <= 76 })
    let decoded = try #require(Data(base64Encoded: String(body).replacing("\n", with: "")))
    let text = try NotificationMessageTests.documented().text
    #expect(String(decoding: decoded, as: UTF8.self) == text)
  }

  @Test func runsSendmailSoThatADotEndsNothing() throws {
    let command = try MailTarget(recipients: ["root"]).command(NotificationMessageTests.documented())
    #expect(command.executable == "/usr/sbin/sendmail")
    #expect(command.arguments == ["-t", "-i"])
    #expect(!String(decoding: command.input, as: UTF8.self).contains("From:"))
  }

  @Test func noScheduleNameCanAddAHeader() throws {
    let message = NotificationMessage(
      .failed, state: .failed, previous: .ok, schedule: "x\r\nBcc: everyone@example.org\u{2028}\u{85}é",
      report: HostReport(try ReportScene.host()))
    let text = try MailTarget(recipients: ["root"]).message(message)
    let headers = text.split(separator: "\n\n", maxSplits: 1).first ?? ""
    #expect(headers.split(whereSeparator: \.isNewline).allSatisfy { !$0.hasPrefix("Bcc") })
    #expect(!headers.contains("\r"))
  }

  @Test(arguments: [
    "", "a b@c", "a@b@c", "a@", "@b", "-oQ/tmp", "a@b\nBcc: c", "a,b", "<a@b>", "\"a b\"@c", "é@b", ".a@b", "a@-b",
  ])
  func refusesAnAddressThatCouldBeMore(address: String) throws {
    let error = try #require(throws: ReportingError.self) { try MailTarget(recipients: ["root", address]) }
    #expect(error.category == .usage)
    #expect(!error.message.contains("\n"))
    #expect(throws: ReportingError.self) { try MailTarget(recipients: ["root"], sender: address) }
  }

  @Test func refusesToSendToNobody() {
    #expect(throws: ReportingError.self) { try MailTarget(recipients: []) }
  }

  @Test(arguments: [
    (Int64(0), "Thu, 1 Jan 1970 00:00:00 +0000"), (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
    (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
  ])
  func writesDatesAsMailDoes(seconds: Int64, text: String) {
    #expect(MailDate.text(Timestamp(seconds: seconds)) == text)
  }
}

@Suite struct EncodedWordsTests {
  @Test(arguments: [
    ("plain text", "plain text"), ("a\tb\u{0}c\r\nd", "a b c  d"), ("é", "=?UTF-8?B?w6k=?="),
    ("=?UTF-8?B?w6k=?=", "=?UTF-8?B?PT9VVEYtOD9CP3c2az0/PQ==?="),
  ])
  func encodesWhatAHeaderCanNotHold(text: String, header: String) {
    #expect(EncodedWords.header(text) == header)
  }

  @Test func cutsNoCharacterInTwo() throws {
    let text = "x" + String(repeating: "é🎉", count: 40)
    let words = EncodedWords.header(text).split(separator: " ")
    #expect(words.count > 1)
    var decoded = ""
    for word in words {
      #expect(word.utf8.count <= 75)
      let data = try #require(Data(base64Encoded: String(word.dropFirst(10).dropLast(2))))
      decoded += try #require(String(data: data, encoding: .utf8))
    }
    #expect(decoded == text)
  }
}
