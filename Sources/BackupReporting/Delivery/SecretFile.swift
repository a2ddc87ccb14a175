import HostSystem

/// A small file that holds secrets, which so need not be in the configuration.
struct SecretFile {
  let path: String

  init(_ path: String) { self.path = path }

  /// The lines that aren't empty, without blanks around them.
  ///
  /// - Throws: ``ReportingError`` of the code `secret` if the file can't be read, is longer than 64 KiB or isn't UTF-8.
  func lines() throws(ReportingError) -> [String] {
    let limit = 65_536
    let content: [UInt8]
    do throws(SystemError) {
      content = try OpenFile.open(Array(path.utf8), .readOwn).contents(at: 0, count: limit + 1)
    } catch {
      throw ReportingError(.secret, "cannot read \(path): \(error.reason)", cause: error.cause, hint: "ls -l \(path)")
    }
    guard content.count <= limit else { throw error("it is longer than 64 KiB") }
    guard let text = String(validating: content, as: UTF8.self) else { throw error("it isn't UTF-8") }
    return text.split(whereSeparator: \.isNewline).map(Self.trimmed).filter { !$0.isEmpty }
  }

  /// The only line.
  ///
  /// - Throws: ``ReportingError`` of the code `secret` as ``lines()``, and if there is none or more than one.
  func onlyLine() throws(ReportingError) -> String {
    let lines = try lines()
    guard lines.count == 1, let line = lines.first else {
      throw error("one line is expected, there are \(lines.count)")
    }
    return line
  }

  private func error(_ why: String) -> ReportingError { ReportingError(.secret, "cannot use \(path): \(why)") }

  private static func trimmed(_ line: Substring) -> String {
    let start = line.drop(while: \.isWhitespace)
    return String(String(start.reversed().drop(while: \.isWhitespace)).reversed())
  }
}
