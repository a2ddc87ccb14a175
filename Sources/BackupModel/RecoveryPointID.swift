/// The name of a recovery point within its source: the second at which it was begun, in UTC, and a counter for
/// further points of the same second: `20261122T050000Z`, `20261122T050000Z_2`.
public struct RecoveryPointID: Hashable, Comparable, Sendable {
  /// When the point was begun, to the second.
  public let begun: Timestamp
  /// 1 for the first point of that second, then 2, 3 …
  public let ordinal: Int

  /// Makes the id of the `ordinal`-th point of a second.
  public init(begun: Timestamp, ordinal: Int = 1) {
    self.begun = Timestamp(seconds: begun.seconds)
    self.ordinal = ordinal
  }

  /// Orders by time, then by ordinal.
  public static func < (left: RecoveryPointID, right: RecoveryPointID) -> Bool {
    (left.begun, left.ordinal) < (right.begun, right.ordinal)
  }
}

extension RecoveryPointID: CustomStringConvertible {
  /// The printed form, also the name of the point's file without its ending.
  public var description: String {
    let at = begun.calendar
    let text =
      "\(padded(at.year, 4))\(padded(at.month, 2))\(padded(at.day, 2))"
      + "T\(padded(at.hour, 2))\(padded(at.minute, 2))\(padded(at.second, 2))Z"
    return ordinal == 1 ? text : "\(text)_\(ordinal)"
  }

  /// Parses the printed form; nil for anything else.
  public init?(parsing text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z"),
      let year = decimal(bytes[0..<4]), let month = decimal(bytes[4..<6]), let day = decimal(bytes[6..<8]),
      let hour = decimal(bytes[9..<11]), let minute = decimal(bytes[11..<13]), let second = decimal(bytes[13..<15])
    else { return nil }
    var ordinal = 1
    if bytes.count > 16 {
      guard bytes[16] == UInt8(ascii: "_"), let number = decimal(bytes[17...]), number > 1 else { return nil }
      ordinal = number
    }
    let calendar = CalendarTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    self.init(begun: Timestamp(calendar), ordinal: ordinal)
    guard description == text else { return nil }
  }
}

extension RecoveryPointID: Codable {
  /// Decodes the printed form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let parsed = RecoveryPointID(parsing: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not the id of a recovery point")
    }
    self = parsed
  }

  /// Encodes the printed form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
