/// Help as people read it: what to do stands first, examples and exit codes last.
enum HelpText {
  private static let examples = "\n\nEXAMPLES:\n"
  private static let usage = "\n\nUSAGE:"

  /// Moves examples and exit codes from the description, where the parser puts them, to the end.
  ///
  /// Any other text stays as it is.
  static func arranged(_ text: String) -> String {
    guard text.hasPrefix("OVERVIEW:"), let start = text.firstRange(of: examples)?.lowerBound,
      let end = text[start...].firstRange(of: usage)?.lowerBound
    else { return text }
    var rest = text[end...]
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    return String(text[..<start] + rest) + indented(text[start..<end])
  }

  /// Indents what the parser wrapped to the next line: it belongs to the line before.
  private static func indented(_ epilogue: Substring) -> String {
    epilogue.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.isEmpty || line.first == " " || line.last == ":" ? String(line) : "        \(line)"
    }.joined(separator: "\n")
  }
}
