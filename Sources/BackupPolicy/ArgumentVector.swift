extension DocumentNode {
  /// The value as a command: a list of texts, the program first. No shell is ever between.
  ///
  /// - Throws: ``PolicyError`` for a plain text, explaining how to write it as a list, for an empty list and for a
  ///   blank program.
  func argumentVector() throws(PolicyError) -> [String] {
    switch content {
    case .scalar(let text, _):
      throw noShell(text)
    case .mapping:
      throw unexpected(expected: "a list of texts, the program and its arguments")
    case .list(let elements):
      guard let program = elements.first else {
        throw unexpected(expected: "a list of texts, the program and its arguments")
      }
      _ = try program.nonBlankString("a program")
      return try elements.map { element throws(PolicyError) in try element.argumentText() }
    }
  }

  /// The value as commands: a list of argument vectors, or one argument vector.
  func argumentVectors() throws(PolicyError) -> [[String]] {
    guard case .list(let elements) = content, case .list = elements.first?.content else {
      return [try argumentVector()]
    }
    return try elements.map { element throws(PolicyError) in try element.argumentVector() }
  }

  /// The value as text that can be an argument or a variable's value of a program.
  func argumentText() throws(PolicyError) -> String {
    let text = try string()
    guard !text.utf8.contains(0) else { throw unexpected(expected: "text without NUL characters") }
    return text
  }

  private func noShell(_ text: String) -> PolicyError {
    let needsShell = text.contains { "|&;<>()$`\\\"'*?[]#~{}\n".contains($0) }
    let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    let vector = needsShell ? ["sh", "-c", text] : words
    return PolicyError(
      at: location, "\(label) is \(foundText), expected a list of texts: no shell is between, so nothing splits a text",
      hint: words.isEmpty
        ? "write the program and its arguments as a list: `[pg_dumpall, --clean]`"
        : "write it as a list: `[\(vector.map(\.yamlQuoted).joined(separator: ", "))]`")
  }
}
