import HostSystem

/// What is remembered between runs: the journal of runs, leases, pauses, what was announced, the last attempts of sources.
///
/// A SQLite database in a state directory, used by several processes at once. **All of it may be lost without losing a
/// backup**: points are in the repository, and what the catalog knows beside them is history and convenience.
/// Calls block for as long as a commit takes and belong on a thread that may wait; none needs an async context.
public final class Catalog: Sendable {
  /// The state directory.
  public let directory: String
  /// Whether it was made by this opening, so that what the repository knows should be filled in again
  /// (``SourceBook/refill(_:)``).
  public let isNew: Bool
  /// What a person should be told about the opening: that a damaged catalog was moved aside, and where.
  public let note: String?
  /// Runs with their jobs, tasks and steps.
  public let runs: RunJournal
  /// Notes of mounts, mappings and the like that exist now.
  public let leases: LeaseBook
  /// The maintenance switch.
  public let pauses: PauseSwitch
  /// What was announced to whom.
  public let announcements: AnnouncementBook
  /// The last attempts of each source.
  public let sources: SourceBook
  /// The last good answers of those who may not answer the next time, such as a cluster.
  public let answers: AnswerBook
  private let database: CatalogDatabase

  init(_ database: CatalogDatabase, clock: any HostClock, isNew: Bool, note: String?) {
    directory = database.directory
    self.isNew = isNew
    self.note = note
    self.database = database
    runs = RunJournal(database: database, clock: clock)
    leases = LeaseBook(database: database, clock: clock)
    pauses = PauseSwitch(database: database, clock: clock)
    announcements = AnnouncementBook(database: database, clock: clock)
    sources = SourceBook(database: database)
    answers = AnswerBook(database: database, clock: clock)
  }

  /// Closes the catalog; it also closes with its last reference, but then nobody learns of an error.
  ///
  /// - Throws: ``CatalogError``.
  public func close() throws {
    do {
      try database.close()
    } catch {
      throw CatalogError(error, doing: "close the catalog", in: directory)
    }
  }
}
