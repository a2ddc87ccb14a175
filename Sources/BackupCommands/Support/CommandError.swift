import BackupModel

/// An error of what a person typed, or of a command itself.
struct CommandError: Failure {
  let category: FailureCategory
  let message: String
  let cause: String?
  let hint: String?

  init(_ category: FailureCategory, _ message: String, cause: String? = nil, hint: String? = nil) {
    self.category = category
    self.message = message
    self.cause = cause
    self.hint = hint
  }
}
