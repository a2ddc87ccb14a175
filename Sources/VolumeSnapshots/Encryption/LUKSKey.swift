/// A key or passphrase that opens a LUKS volume.
///
/// It shows itself nowhere: neither in messages nor when it is printed. Its memory isn't wiped; nothing in this process can promise that.
public struct LUKSKey: Sendable {
  /// The most that `cryptsetup` reads as a key: 8 MiB.
  static let mostBytes = 8 << 20
  /// What is given to `cryptsetup`, byte for byte.
  let bytes: [UInt8]

  /// Takes a key as it is; a newline at its end counts.
  ///
  /// - Returns: nil if it is empty or longer than 8 MiB.
  public init?(_ bytes: [UInt8]) {
    guard !bytes.isEmpty, bytes.count <= Self.mostBytes else { return nil }
    self.bytes = bytes
  }

  /// Whether it ends in a newline, the usual reason for a key that doesn't fit.
  var endsInNewline: Bool { bytes.last == 0x0A }
}

extension LUKSKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Not the key.
  public var description: String { "a key" }
  /// Not the key either.
  public var debugDescription: String { description }
  /// Nothing of the key for `dump` and test failures.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
