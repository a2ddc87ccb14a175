/// What a configuration for `curl --config -` says of a request.
///
/// Everything is in it, so that address, headers and body show neither in the list of processes nor on a disk.
struct CurlConfiguration {
  let text: String

  /// A line of a configuration may have 100 KiB at most (`MAX_CONFIG_LINE_LENGTH` of curl 7.88), so the body goes in
  /// pieces. Escaping makes a piece at most twice as long.
  static let pieceLength = 40_000
  /// How much longer a piece may become so that the next doesn't begin with `@`.
  static let mostSigns = 10_000

  /// Writes the configuration.
  ///
  /// - Returns: nil if the body holds NUL, or more `@` in a row than can be sent.
  init?(_ request: HTTPRequest) {
    let seconds = max(1, request.timeLimit.components.seconds)
    var lines = [
      "url = \(Self.quoted(request.address.text))",
      "request = \(Self.quoted(request.method.rawValue))",
      "silent", "show-error", "globoff",
      "proto = \"=http,https\"",
      "connect-timeout = \(min(10, seconds))", "max-time = \(seconds)",
      // The time between attempts begins with a second and doubles.
      "retry = \(max(0, request.retries))", "retry-connrefused", "retry-max-time = \(seconds)",
      // The body of the answer goes to standard output, its status is the last line of standard error.
      #"write-out = "%{stderr}\n%{response_code}\n""#,
      // Without this curl asks before it sends a large body, and waits a second where nobody answers that.
      #"header = "Expect:""#, #"header = "Accept:""#,
    ]
    var headers = request.headers
    if request.body != nil, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
      lines.append(#"header = "Content-Type: text/plain; charset=utf-8""#)
    }
    headers.removeAll { $0.name.lowercased() == "expect" }
    lines += headers.map { "header = \(Self.quoted("\($0.name): \($0.value)"))" }
    if let body = request.body {
      guard let pieces = Self.pieces(of: body) else { return nil }
      lines += pieces
    }
    text = lines.joined(separator: "\n") + "\n"
  }

  /// The first piece by `data-raw`, which takes a leading `@` for what it is; the others by `json`, the only option
  /// that appends without putting `&` between (curl 7.82 and later). It reads a file for a leading `@`, so no further
  /// piece may begin with one.
  private static func pieces(of body: String) -> [String]? {
    guard !body.utf8.contains(0) else { return nil }
    var lines: [String] = []
    var rest = body.unicodeScalars[...]
    repeat {
      var length = 0
      var piece = String.UnicodeScalarView()
      while let scalar = rest.first, length < pieceLength || scalar == "@" {
        piece.append(scalar)
        length += scalar.utf8.count
        rest.removeFirst()
      }
      guard length <= pieceLength + mostSigns else { return nil }
      lines.append("\(lines.isEmpty ? "data-raw" : "json") = \(quoted(String(piece)))")
    } while !rest.isEmpty
    return lines
  }

  /// A value between quotes, as `curl --config` reads it: backslash, quote, tab, line feed and carriage return escaped.
  static func quoted(_ value: String) -> String {
    var text = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}
