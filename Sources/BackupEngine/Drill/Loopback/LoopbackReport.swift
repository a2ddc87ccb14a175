public import BackupModel

/// What a drill on a loop device did and found.
public struct LoopbackReport: Sendable {
  /// One step of the cycle.
  public struct Step: Sendable, Hashable {
    /// The word by which it is known: `archive`.
    public let name: String
    /// What was seen; if it failed, why.
    public let text: String
    /// Whether all was as it must be.
    public let isGood: Bool
    /// How long it took.
    public let seconds: Double
    /// What to do about a failure.
    public internal(set) var hint: String?
  }

  /// Bytes of the thin pool.
  public let size: ByteCount
  /// The steps that were made, in order; the last one but `remove` failed if one did.
  public internal(set) var steps: [Step] = []
  /// Where everything still is, if that was asked for.
  public internal(set) var kept: String?

  init(size: ByteCount) { self.size = size }

  /// Whether every step was good.
  public var isGood: Bool { steps.allSatisfy(\.isGood) }
  /// How long all of it took.
  public var seconds: Double { steps.reduce(0) { $0 + $1.seconds } }
}
