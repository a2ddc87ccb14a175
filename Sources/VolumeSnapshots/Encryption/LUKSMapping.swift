/// An open LUKS volume: its plaintext is the content of a device of its own.
public struct LUKSMapping: Hashable, Sendable {
  /// What may be done with the plaintext.
  public enum Access: Hashable, Sendable {
    /// Read: for an image.
    case readOnly
    /// Read and write: for a file system whose journal is to be replayed, on a throwaway snapshot only.
    case readWrite
  }

  /// Its name in device-mapper.
  public let name: String
  /// The device that holds the ciphertext.
  public let device: String
  /// The header as it was before opening.
  public let header: LUKSHeader
  /// Bytes of plaintext, by the kernel's table.
  public let size: Int64

  /// The device node that has the plaintext.
  public var path: String { Self.path(of: name) }

  /// The node of a mapping of this name.
  static func path(of name: String) -> String { "/dev/mapper/\(name)" }
}
