public import BackupModel

/// The name of a pack: the point that first needed its content, and a number.
public struct PackName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The point.
  public let point: RecoveryPointID
  /// 1 for the point's first pack.
  public let number: Int

  /// Names the `number`-th pack of a point.
  public init(point: RecoveryPointID, number: Int) {
    self.point = point
    self.number = number
  }

  /// The name without the ending: `20261122T050000Z-0001`.
  public var description: String {
    let digits = String(number)
    return "\(point)-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// The name of the file.
  public var fileName: String { "\(description)\(Self.ending)" }
  static let ending = ".tar.zst"

  /// Parses the name of a file; nil if it isn't a pack's.
  public init?(fileName: String) {
    guard fileName.hasSuffix(Self.ending) else { return nil }
    let name = fileName.dropLast(Self.ending.count)
    guard let dash = name.lastIndex(of: "-"), let point = RecoveryPointID(parsing: name[..<dash]),
      let number = Int(name[name.index(after: dash)...]), number > 0
    else { return nil }
    self.init(point: point, number: number)
    guard self.fileName == fileName else { return nil }
  }

  /// Orders by point, then by number.
  public static func < (left: PackName, right: PackName) -> Bool {
    (left.point, left.number) < (right.point, right.number)
  }
}
