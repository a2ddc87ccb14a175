public import BackupModel
import GRDB

/// A task as the catalog has it.
public struct TaskRecord: Hashable, Sendable {
  /// The run.
  public let run: RunID
  /// Its name within the run.
  public let name: TaskName
  /// How it stands or ended.
  public let state: RecordedState
  /// How often it was started; 0 if never.
  public let attempts: Int
  /// When it was first started, to the second.
  public let begun: Timestamp?
  /// When it ended, to the second.
  public let ended: Timestamp?
  /// From its first start to its end, to the millisecond; nil if it hasn't ended.
  public let duration: Duration?
  /// One line; may be empty.
  public let message: String
  /// Further lines.
  public let details: [String]
  /// What it left for later jobs.
  public let results: [String: String]
  /// What its job's expansion handed to it.
  public let parameters: [String: String]
}

/// A job as the catalog has it.
public struct JobRecord: Hashable, Sendable {
  /// Its name.
  public let name: String
  /// How it stands or ended.
  public let state: RecordedState
  /// Why it ended so; may be empty.
  public let message: String
  /// Its tasks, in the order of their planning; then those that were never planned.
  public let tasks: [TaskRecord]
}

extension TaskRecord {
  init(_ row: Row) throws {
    self.init(
      run: try row.runID("run"), name: TaskName(job: try row.text("job"), subject: try row.text("subject")),
      state: try row.word("state", as: RecordedState.self), attempts: try row.number("attempts"),
      begun: try row.optionalTime("begun"), ended: try row.optionalTime("ended"),
      duration: try row.optionalDuration("duration_ms"), message: try row.text("message"),
      details: try row.json("details"), results: try row.json("results"), parameters: try row.json("parameters"))
  }
}
