public import BackupModel

/// What is known of one source from configuration, catalog and repository, before anything is concluded from it.
public struct SourceObservation: Hashable, Sendable {
  /// The source.
  public var id: SourceID
  /// Since when the source is declared, or when it was first seen; an objective counts from here until there is a point.
  public var declared: Timestamp
  /// How old the newest good point may become; nil if nothing is promised.
  public var maximumAge: Duration?
  /// When the newest point that isn't suspicious was begun.
  public var newestGoodPoint: Timestamp?
  /// Whether the newest point of all is suspicious.
  public var isSuspicious: Bool
  /// The last attempt that has ended.
  public var lastAttempt: AttemptObservation?
  /// When the last attempt that succeeded had ended.
  public var lastSuccess: Timestamp?
  /// When the first of the failed attempts in a row had ended; nil if the last attempt didn't fail.
  public var failingSince: Timestamp?
  /// When stored data was last read and compared with its hashes.
  public var lastVerified: Timestamp?
  /// When a restore was last tried.
  public var lastDrilled: Timestamp?
  /// What the last drill found; nil if there was none.
  public var lastDrill: DrillObservation?

  /// Makes an observation; whatever isn't known stays nil.
  public init(
    id: SourceID, declared: Timestamp, maximumAge: Duration? = nil, newestGoodPoint: Timestamp? = nil,
    isSuspicious: Bool = false, lastAttempt: AttemptObservation? = nil, lastSuccess: Timestamp? = nil,
    failingSince: Timestamp? = nil, lastVerified: Timestamp? = nil, lastDrilled: Timestamp? = nil,
    lastDrill: DrillObservation? = nil
  ) {
    self.id = id
    self.declared = declared
    self.maximumAge = maximumAge
    self.newestGoodPoint = newestGoodPoint
    self.isSuspicious = isSuspicious
    self.lastAttempt = lastAttempt
    self.lastSuccess = lastSuccess
    self.failingSince = failingSince
    self.lastVerified = lastVerified
    self.lastDrilled = lastDrilled
    self.lastDrill = lastDrill
  }
}

/// What a drill of a source found and measured.
public struct DrillObservation: Hashable, Sendable {
  /// Whether what was restored wasn't as it should be.
  public var hasFailed: Bool
  /// Whether nothing was found, but something couldn't be looked at: that is no pass.
  public var isIncomplete: Bool
  /// How long restoring took; nil if it wasn't measured.
  public var restoreTime: Duration?
  /// How old the data were; nil if it wasn't measured.
  public var dataAge: Duration?

  /// Makes an observation.
  public init(
    hasFailed: Bool, isIncomplete: Bool = false, restoreTime: Duration? = nil, dataAge: Duration? = nil
  ) {
    self.hasFailed = hasFailed
    self.isIncomplete = isIncomplete
    self.restoreTime = restoreTime
    self.dataAge = dataAge
  }
}
