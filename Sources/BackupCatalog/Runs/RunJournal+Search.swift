import BackupModel
import GRDB

extension RunJournal {
  /// The run that a person means: by its whole id, by a beginning of it that no other run shares, or by the name of a
  /// schedule, which stands for its latest run.
  ///
  /// - Throws: ``CatalogError`` `noSuchRun` with the nearest id, `severalRuns` with the latest of them.
  public func find(_ text: String) throws -> RunRecord {
    try database.read(toDo: "look for run `\(text)`") { database in
      if let row = try database.row("SELECT * FROM run WHERE id = ?", [text]) { return try RunRecord(row) }
      if let row = try database.row(
        "SELECT * FROM run WHERE schedule = ? ORDER BY number DESC LIMIT 1", [text])
      {
        return try RunRecord(row)
      }
      let found = try database.rows(
        "SELECT * FROM run WHERE substr(id, 1, length(?1)) = ?1 AND ?1 <> '' ORDER BY number DESC", [text]
      ).map(RunRecord.init)
      guard let run = found.first else { throw try Self.missing(text, in: database) }
      guard found.count == 1 else {
        let some = found.prefix(Self.shown).map(\.id.description).joined(separator: ", ")
        throw CatalogError(
          .severalRuns, "cannot tell which run `\(text)` is: the ids of \(found.count) runs begin so",
          hint: "type more of it: \(some)\(found.count > Self.shown ? " …" : "")")
      }
      return run
    }
  }

  /// How many ids a message lists at most.
  private static let shown = 5

  private static func missing(_ text: String, in database: Database) throws -> CatalogError {
    let ids = try database.rows("SELECT id FROM run ORDER BY number DESC").map { try $0.text("id") }
    let schedules = Set(try database.rows("SELECT DISTINCT schedule FROM run").map { try $0.text("schedule") })
    let hint: String? =
      if let near = nearestName(to: text, among: schedules) ?? nearestName(to: text, among: ids) {
        "did you mean `\(near)`?"
      } else if ids.isEmpty {
        nil
      } else {
        "the latest runs: \(ids.prefix(shown).joined(separator: ", "))"
      }
    let why = ids.isEmpty ? "the catalog has no runs" : "no id of a run begins so"
    return CatalogError(.noSuchRun, "cannot find run `\(text)`: \(why)", hint: hint)
  }
}
