public import BackupModel

/// The name of a restore in place: when it was begun, in the form of a point's id (`20261122T050000Z`, then `…_2`).
public struct RestoreID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  private let name: RecoveryPointID

  /// Names the `ordinal`-th restore of a second.
  public init(begun: Timestamp, ordinal: Int = 1) { name = RecoveryPointID(begun: begun, ordinal: ordinal) }

  /// Parses the printed form; nil for anything else.
  public init?(parsing text: some StringProtocol) {
    guard let name = RecoveryPointID(parsing: text) else { return nil }
    self.name = name
  }

  /// Decodes the printed form.
  public init(from decoder: any Decoder) throws { name = try RecoveryPointID(from: decoder) }

  /// Encodes the printed form.
  public func encode(to encoder: any Encoder) throws { try name.encode(to: encoder) }

  /// The printed form.
  public var description: String { name.description }

  /// Orders by time, then by ordinal.
  public static func < (left: RestoreID, right: RestoreID) -> Bool { left.name < right.name }
}
