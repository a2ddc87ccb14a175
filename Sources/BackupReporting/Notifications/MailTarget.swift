import FoundationEssentials
import HostSystem

/// Mail by the host's `sendmail -t -i`.
public struct MailTarget: Hashable, Sendable {
  /// Who gets it.
  public let recipients: [String]
  /// Whom it is from; nil leaves that to sendmail.
  public let sender: String?
  /// The program.
  public let program: String

  /// Makes a target.
  ///
  /// - Throws: ``ReportingError`` of the code `target` if there is no recipient, or an address isn't of the plain form
  ///   `name@host` or `name`.
  public init(
    recipients: [String], sender: String? = nil, program: String = "/usr/sbin/sendmail"
  ) throws(ReportingError) {
    guard !recipients.isEmpty else { throw ReportingError(.target, "cannot send mail: there is no recipient") }
    for address in recipients + [sender].compactMap({ $0 }) where !Self.isPlain(address) {
      throw ReportingError(
        .target,
        "cannot send mail to or from \(EncodedWords.header(address)): an address like root@example.org is expected")
    }
    self.recipients = recipients
    self.sender = sender
    self.program = program
  }

  /// What `dot-atom`, RFC 5322, section 3.2.3, allows on both sides of the `@`; so nothing in an address can end the header.
  private static func isPlain(_ address: String) -> Bool {
    let parts = address.split(separator: "@", omittingEmptySubsequences: false)
    let marks = Set("!#$%&'*+-/=?^_`{|}~.".unicodeScalars)
    return (1...2).contains(parts.count)
      && parts.allSatisfy { part in
        !part.isEmpty && !part.hasPrefix("-") && !part.hasPrefix(".")
          && part.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || marks.contains($0))
          }
      }
  }

  /// The program with the message on its standard input.
  func command(_ notification: NotificationMessage) -> ChildCommand {
    var command = ChildCommand(program, ["-t", "-i"])
    command.input = Array(message(notification).utf8)
    return command
  }

  /// The message with its headers; lines end with a line feed, as sendmail expects it on Unix.
  func message(_ notification: NotificationMessage) -> String {
    var headers = [
      "To: \(recipients.joined(separator: ",\n "))",
      "Subject: \(EncodedWords.header(notification.title, separator: "\n "))",
      "Date: \(MailDate.text(notification.time))",
      "Auto-Submitted: auto-generated",
      "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: base64",
    ]
    if let sender { headers.insert("From: \(sender)", at: 0) }
    return headers.joined(separator: "\n") + "\n\n" + Self.lines(of: Data(notification.text.utf8).base64EncodedString())
  }

  /// Lines of 76 characters: RFC 2045, section 6.8.
  private static func lines(of text: String) -> String {
    var lines = ""
    var rest = text[...]
    while !rest.isEmpty {
      lines += rest.prefix(76) + "\n"
      rest = rest.dropFirst(76)
    }
    return lines
  }
}
