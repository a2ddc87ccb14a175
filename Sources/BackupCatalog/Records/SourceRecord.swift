public import BackupModel
import GRDB

/// One attempt to back up a source, as its run reports it.
public struct SourceAttempt: Hashable, Sendable {
  /// The source.
  public var source: SourceID
  /// When the attempt ended.
  public var at: Timestamp
  /// How it ended; `succeeded` and `degraded` count as success, `failed`, `timed out` and `died` as failure, others as neither.
  public var outcome: RecordedState
  /// One line; may be empty.
  public var message: String
  /// The run.
  public var run: RunID?
  /// How long it took.
  public var duration: Duration
  /// How much was read of the source.
  public var read: ByteCount
  /// How much was stored.
  public var stored: ByteCount
  /// How many warnings there were.
  public var warnings: Int

  /// Describes an attempt.
  public init(
    on source: SourceID, at time: Timestamp, outcome: RecordedState, message: String = "", run: RunID? = nil,
    duration: Duration = .zero, read: ByteCount = .zero, stored: ByteCount = .zero, warnings: Int = 0
  ) {
    self.source = source
    self.at = time
    self.outcome = outcome
    self.message = message
    self.run = run
    self.duration = duration
    self.read = read
    self.stored = stored
    self.warnings = warnings
  }
}

/// What is known of a source's attempts.
public struct SourceRecord: Hashable, Sendable {
  /// The source.
  public let source: SourceID
  /// When it was first seen to be declared, from which on a promise counts; nil if it never was.
  public let declared: Timestamp?
  /// When the last attempt ended, to the second; nil if none is known.
  public let attempted: Timestamp?
  /// How it ended; nil if none is known.
  public let outcome: RecordedState?
  /// What it said; may be empty.
  public let message: String
  /// Its run.
  public let run: RunID?
  /// When an attempt last succeeded.
  public let succeeded: Timestamp?
  /// Since when all attempts have failed; nil if the last one that counts succeeded.
  public let failingSince: Timestamp?
  /// How long the last attempt took.
  public let duration: Duration?
  /// How much the last attempt read.
  public let read: ByteCount?
  /// How much the last attempt stored.
  public let stored: ByteCount?
  /// How many warnings the last attempt gave.
  public let warnings: Int
}

extension SourceRecord {
  init(_ row: Row) throws {
    let text = try row.text("source")
    guard let source = SourceID(parsing: text) else { throw UnexpectedValue(column: "source", value: text) }
    self.init(
      source: source, declared: try row.optionalTime("declared"), attempted: try row.optionalTime("attempted"),
      outcome: try row.optionalText("outcome") == nil ? nil : try row.word("outcome", as: RecordedState.self),
      message: try row.text("message"), run: try row.optionalRunID("run"), succeeded: try row.optionalTime("succeeded"),
      failingSince: try row.optionalTime("failing_since"), duration: try row.optionalDuration("duration_ms"),
      read: try row.optionalNumber("read_bytes").map { ByteCount($0) },
      stored: try row.optionalNumber("stored_bytes").map { ByteCount($0) }, warnings: try row.number("warnings"))
  }
}
