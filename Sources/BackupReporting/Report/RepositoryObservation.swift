public import BackupModel

/// What was added to a repository on one day.
public struct DailyGrowth: Hashable, Sendable {
  /// Some instant of the day, the same on each day.
  public var day: Timestamp
  /// Bytes added minus bytes removed.
  public var addedBytes: ByteCount

  /// Makes the growth of a day.
  public init(day: Timestamp, addedBytes: ByteCount) {
    self.day = day
    self.addedBytes = addedBytes
  }
}

/// The disk that holds the repository.
public struct RepositoryObservation: Hashable, Sendable {
  /// Bytes that can still be written.
  public var freeBytes: ByteCount
  /// Size of the file system.
  public var totalBytes: ByteCount
  /// What was added on which day; days without an archive may be left out.
  public var growth: [DailyGrowth]

  /// Makes an observation.
  public init(freeBytes: ByteCount, totalBytes: ByteCount, growth: [DailyGrowth] = []) {
    self.freeBytes = freeBytes
    self.totalBytes = totalBytes
    self.growth = growth
  }
}
