public import BackupModel
import GRDB
import HostSystem

/// The last good answer to a question that somebody outside of this host answers.
public struct Answer: Hashable, Sendable {
  /// When it was given, to the second.
  public let answered: Timestamp
  /// What was answered; its form is the asker's.
  public let content: String
}

/// Answers that are kept, so that work goes on while nobody answers. All of it can be asked for again.
public struct AnswerBook: Sendable {
  let database: CatalogDatabase
  let clock: any HostClock

  /// The longest answer that is kept, in bytes: some megabytes are a cluster of ten thousand volumes.
  public static let longestContent = 16 << 20

  /// Keeps an answer that was given now in place of the last one to the same question.
  ///
  /// - Returns: whether it was kept; one that is longer than ``longestContent`` isn't, and what was kept before stays.
  /// - Throws: ``CatalogError``.
  @discardableResult
  public func keep(_ content: String, to question: String) throws -> Bool {
    guard content.utf8.count <= Self.longestContent else { return false }
    let now = clock.now().description
    try database.write(toDo: "keep an answer to \(question)") { database in
      try database.run(
        "INSERT OR REPLACE INTO answer (question, answered, content) VALUES (?, ?, ?)", [question, now, content])
    }
    return true
  }

  /// The last answer to a question; nil if none was kept.
  ///
  /// - Throws: ``CatalogError``.
  public func last(to question: String) throws -> Answer? {
    try database.read(toDo: "read the last answer to \(question)") { database in
      try database.row("SELECT * FROM answer WHERE question = ?", [question]).map {
        Answer(answered: try $0.time("answered"), content: try $0.text("content"))
      }
    }
  }

  /// Forgets an answer.
  ///
  /// - Throws: ``CatalogError``.
  public func forget(_ question: String) throws {
    try database.write(toDo: "forget an answer to \(question)") { database in
      try database.run("DELETE FROM answer WHERE question = ?", [question])
    }
  }
}
