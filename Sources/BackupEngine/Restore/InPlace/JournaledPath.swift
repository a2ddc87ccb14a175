import FoundationEssentials
public import HostSystem

/// A path in a journal: readable where it is UTF-8, in base64 where it isn't.
public struct JournaledPath: Hashable, Sendable, Codable {
  /// The path.
  public let bytes: PathBytes

  /// Wraps a path.
  public init(_ bytes: PathBytes) { self.bytes = bytes }

  private enum CodingKeys: String, CodingKey {
    case base64
  }

  /// Decodes text, or `{"base64": …}`.
  public init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {  // Then it is the other form.
      bytes = PathBytes(path: text)
    } else {
      bytes = PathBytes(try decoder.container(keyedBy: CodingKeys.self).decode(Data.self, forKey: .base64))
    }
  }

  /// Encodes text, or `{"base64": …}`.
  public func encode(to encoder: any Encoder) throws {
    if let text = String(validating: bytes, as: UTF8.self) {
      var container = encoder.singleValueContainer()
      try container.encode(text)
    } else {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(Data(bytes), forKey: .base64)
    }
  }
}
