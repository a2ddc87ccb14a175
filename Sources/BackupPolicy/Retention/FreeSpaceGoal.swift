public import BackupModel

/// How much of a disk is to be free: a share of it, or so many bytes.
public enum FreeSpaceGoal: Hashable, Sendable {
  /// A share of the whole file system.
  case share(Percentage)
  /// So many bytes.
  case size(ByteCount)

  /// Parses `10%` or `200GiB`; nil for anything else, and for shares of all of it and more.
  public init?(parsing text: some StringProtocol) {
    if let share = Percentage(parsing: text) {
      guard share < .whole else { return nil }
      self = .share(share)
    } else {
      guard let size = ByteCount(parsing: text) else { return nil }
      self = .size(size)
    }
  }

  /// Parses the value of a key.
  public init(_ node: DocumentNode) throws(PolicyError) {
    guard let goal = FreeSpaceGoal(parsing: try node.string()) else {
      throw node.unexpected(expected: "a share of the disk such as `10%`, or a size such as `200GiB`")
    }
    self = goal
  }

  /// The bytes that are to be free of a file system.
  public func bytes(of total: ByteCount) -> ByteCount {
    switch self {
    case .share(let share): ByteCount(Int64((share.fraction * Double(total.bytes)).rounded(.up)))
    case .size(let size): size
    }
  }

  /// How much is free, in the unit of the goal: `4% free`, `12 GiB free`.
  public func text(free: ByteCount, of total: ByteCount) -> String {
    guard case .share = self, total > .zero else { return "\(free) free" }
    // Rounded down: a disk that misses its goal by little isn't said to have reached it.
    let tenths = Int((Double(free.bytes) / Double(total.bytes) * 1000).rounded(.down))
    return "\(Percentage(millionths: tenths * 1000)) free"
  }
}

extension FreeSpaceGoal: CustomStringConvertible {
  /// `10%` or `200 GiB`.
  public var description: String {
    switch self {
    case .share(let share): "\(share)"
    case .size(let size): "\(size)"
    }
  }

  /// As it is typed, without a loss: `10%` or `200GiB`.
  public var exactText: String {
    switch self {
    case .share(let share): "\(share)"
    case .size(let size): size.exactText
    }
  }
}
