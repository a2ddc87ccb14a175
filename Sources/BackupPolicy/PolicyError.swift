public import BackupModel

/// What is wrong with a configuration, a schedule, a pattern or a selector that a person wrote.
///
/// Nothing was started when it is thrown. The message begins with the place, `FILE:LINE`, where there is one.
public struct PolicyError: Failure, Hashable {
  /// ``FailureCategory/usage`` for text that is wrong; ``FailureCategory/failed`` for a point that doesn't exist.
  public let category: FailureCategory
  /// One sentence: `cannot <do> <which thing>: <why>`.
  public let message: String
  /// Always nil: the text is the cause.
  public var cause: String? { nil }
  /// What to change or to type, if more can be said than the message does.
  public let hint: String?

  /// Makes an error.
  public init(category: FailureCategory = .usage, message: String, hint: String? = nil) {
    self.category = category
    self.message = message
    self.hint = hint
  }

  /// Makes an error about one place in a document; job kinds use it for what only they can know to be wrong.
  ///
  /// - Parameters:
  ///   - location: where the mistake is.
  ///   - problem: what is wrong, without a full stop.
  ///   - hint: what to change.
  public init(at location: DocumentLocation, _ problem: String, hint: String? = nil) {
    self.init(message: "cannot read \(location): \(problem)", hint: hint)
  }
}

/// The end of a message about a mistyped word: the nearest candidate as a question, or nothing.
func suggestion(for word: String, among candidates: some Sequence<String>) -> String {
  nearestName(to: word, among: candidates).map { "; did you mean `\($0)`?" } ?? ""
}

/// Words in backquotes, in order, for a hint: `a`, `b`, `c`.
func listed(_ words: some Sequence<String>) -> String {
  words.map { "`\($0)`" }.joined(separator: ", ")
}
