import BackupModel

extension Failure {
  /// What is printed of an error: `error:`, and `cause:` and `hint:` if there are any.
  var lines: [String] {
    var lines = ["error: \(message)"]
    if let cause { lines.append("cause: \(cause)") }
    if let hint { lines.append("hint: \(hint)") }
    return lines
  }
}
