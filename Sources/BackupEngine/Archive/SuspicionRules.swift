import BackupRepository

/// Decides whether a new point looks as if its source had been lost rather than changed.
struct SuspicionRules: Sendable {
  /// What the source is.
  enum Subject: Sendable {
    case tree
    /// The output of a command, which is one file.
    case stream
    /// A volume, which is one file and may hold nothing before it is first used.
    case volume
  }

  /// A point is suspicious if its entries or bytes fell below this share of the previous point's.
  var collapseShare: Double
  /// Whether a source with nothing in it is nothing unusual, as for the loose files of a tree that may have none.
  var mayBeEmpty = false
  /// What the source is.
  var subject = Subject.tree
  /// Content below this many bytes says nothing about how it compresses.
  static let leastBytesToCompare: Int64 = 16 << 20

  /// The reasons why a point is suspicious; empty for a good one.
  func reasons(
    _ now: RecoveryPoint.Statistics, previous: RecoveryPoint.Statistics?
  ) -> [String] {
    var reasons: [String] = []
    if subject == .stream, now.bytes == 0 { return mayBeEmpty ? [] : ["the output is empty"] }
    if now.entries <= 1, !mayBeEmpty { reasons.append("the tree is empty") }
    guard let previous else { return reasons }
    if Double(now.entries) < Double(previous.entries) * collapseShare {
      reasons.append("it has \(now.entries) entries, the point before had \(previous.entries)")
    }
    if Double(now.bytes) < Double(previous.bytes) * collapseShare {
      switch subject {
      case .tree:
        reasons.append("its files have \(now.bytes) bytes, those of the point before had \(previous.bytes)")
      case .stream: reasons.append("it has \(now.bytes) bytes, the point before had \(previous.bytes)")
      case .volume:
        reasons.append("it has \(now.bytes) bytes that aren't zeros, the point before had \(previous.bytes)")
      }
    }
    if let share = compressionShare(now), let before = compressionShare(previous), share > 0.97, before < 0.7 {
      reasons.append("its new content doesn't compress, as if it had been encrypted")
    }
    return reasons
  }

  /// Stored bytes in relation to new bytes, if both are enough to tell and most of the source was written anew.
  private func compressionShare(_ statistics: RecoveryPoint.Statistics) -> Double? {
    guard statistics.newBytes >= Self.leastBytesToCompare, statistics.newBytes * 2 > statistics.bytes else {
      return nil
    }
    return Double(statistics.storedBytes) / Double(statistics.newBytes)
  }
}
