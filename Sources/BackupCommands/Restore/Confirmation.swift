import BackupModel

/// Asks before something that replaces or removes what people use.
struct Confirmation {
  let yes: Bool
  /// What is asked about, as it stands in a sentence: `restore immich in place`.
  let what: String
  /// What to type to go ahead without being asked.
  let command: String

  /// Returns if it may be gone ahead.
  ///
  /// - Throws: ``CommandError``: `usage` if nobody is there to be asked; `failed` if the answer isn't yes.
  func obtain() throws {
    guard !yes else { return }
    let environment = CommandEnvironment.current
    guard environment.input.isTerminal else {
      throw CommandError(
        .usage, "cannot \(what): nobody can be asked whether to go ahead, nothing was changed",
        hint: "type `\(command)`")
    }
    environment.output.flush()
    environment.messages.write("go ahead? Type yes: ".utf8)
    guard environment.input.line() == "yes" else {
      throw CommandError(.failed, "cannot \(what): the answer was not yes, nothing was changed")
    }
  }
}
