import BackupModel
import BackupPolicy
import BackupRepository

/// Chooses which frames to read: those whose verification is the longest ago, first of all those never verified.
///
/// The same history gives the same choice, and with a sample of a share p every frame is read within ⌈1/p⌉ verifications.
struct VerifySelection {
  /// The share of all frames to read; nil for all.
  var sample: Percentage?
  /// Leaves out frames verified at this time or later.
  var notSince: Timestamp?
  /// Verifications dated later than this count for nothing: the clock was wrong.
  var now: Timestamp

  /// The frames to read of each pack, in the order of the packs.
  func choose(
    among packs: [(name: PackName, frameCount: Int)], _ history: AttestationHistory
  ) -> [PackName: FrameRanges] {
    let total = packs.reduce(0) { $0 + $1.frameCount }
    var rest = sample.map { Self.count(of: total, $0) } ?? total
    var candidates: [(pack: PackName, segment: AttestationHistory.Segment)] = []
    for pack in packs {
      for var segment in history.segments(of: pack.name, frameCount: pack.frameCount) {
        if let verified = segment.verified, verified > now { segment.verified = nil }
        if let verified = segment.verified, let notSince, verified >= notSince { continue }
        candidates.append((pack.name, segment))
      }
    }
    candidates.sort { left, right in
      let (leftTime, rightTime) = (left.segment.verified, right.segment.verified)
      if leftTime != rightTime {
        guard let leftTime else { return true }
        guard let rightTime else { return false }
        return leftTime < rightTime
      }
      return (left.pack, left.segment.frames.lowerBound) < (right.pack, right.segment.frames.lowerBound)
    }
    var chosen: [PackName: [Int]] = [:]
    for candidate in candidates where rest > 0 {
      let frames = candidate.segment.frames.prefix(rest)
      rest -= frames.count
      chosen[candidate.pack, default: []] += frames
    }
    return chosen.mapValues { FrameRanges($0) }
  }

  /// The share of a number, rounded up, so that a small one isn't nothing.
  private static func count(of total: Int, _ share: Percentage) -> Int {
    let (product, overflow) = total.multipliedReportingOverflow(by: share.millionths)
    return overflow ? total : min(total, (product + 999_999) / 1_000_000)
  }
}
