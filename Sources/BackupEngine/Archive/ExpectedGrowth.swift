public import BackupModel
public import BackupRepository

/// What the next point of a source will probably store: the most that one of its last points did.
public struct ExpectedGrowth: Hashable, Sendable {
  private static let mostPoints = 10

  /// The most that was stored.
  public let bytes: ByteCount
  /// By how many points.
  public let pointCount: Int

  /// Records what was stored.
  public init(bytes: ByteCount, pointCount: Int) {
    self.bytes = bytes
    self.pointCount = pointCount
  }

  /// Looks at the last points of a source; nil if it has none but its oldest, which may have stored all there was.
  ///
  /// - Throws: `RepositoryError` `readFailed`.
  public init?(of store: SourceStore) throws {
    let stored = try store.pointIDs().dropFirst().suffix(Self.mostPoints).compactMap { id in
      // A point that can't be read tells nothing; `check` finds it.
      try? store.point(id).statistics.storedBytes
    }
    guard let most = stored.max() else { return nil }
    self.init(bytes: ByteCount(most), pointCount: stored.count)
  }

  /// What it is taken from: `the most that one of its last 4 points stored`.
  var basis: String {
    pointCount == 1 ? "what its last point stored" : "the most that one of its last \(pointCount) points stored"
  }
}
