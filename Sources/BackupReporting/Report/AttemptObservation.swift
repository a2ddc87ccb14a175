public import BackupModel

/// How an attempt to back up a source ended.
public enum AttemptOutcome: String, Sendable, CaseIterable, Codable {
  /// A point was made.
  case succeeded
  /// A point was made, but someone should look at it.
  case degraded
  /// No point was made.
  case failed
  /// It didn't end within its time limit.
  case timedOut = "timed-out"
  /// Someone stopped the run.
  case interrupted
  /// The program was killed or the host went down.
  case died

  /// Whether the attempt failed: what was interrupted on purpose didn't.
  public var isFailure: Bool {
    switch self {
    case .failed, .timedOut, .died: true
    case .succeeded, .degraded, .interrupted: false
    }
  }
}

/// The last attempt to back up a source.
public struct AttemptObservation: Hashable, Sendable {
  /// When it began.
  public var begun: Timestamp
  /// How it ended.
  public var outcome: AttemptOutcome
  /// How long it took.
  public var duration: Duration
  /// How many entries the source had.
  public var entries: Int
  /// Bytes read from the source.
  public var readBytes: ByteCount
  /// Bytes added to the repository.
  public var storedBytes: ByteCount
  /// How many warnings it gave.
  public var warnings: Int

  /// Makes an observation.
  public init(
    begun: Timestamp, outcome: AttemptOutcome, duration: Duration, entries: Int = 0, readBytes: ByteCount = .zero,
    storedBytes: ByteCount = .zero, warnings: Int = 0
  ) {
    self.begun = begun
    self.outcome = outcome
    self.duration = duration
    self.entries = entries
    self.readBytes = readBytes
    self.storedBytes = storedBytes
    self.warnings = warnings
  }
}
