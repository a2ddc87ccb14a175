/// What kind of thing a source is; also the name of its directory in a repository.
public enum SourceKind: String, Sendable, CaseIterable, Codable {
  /// A directory tree.
  case tree
  /// An LVM thin volume.
  case volume
  /// The output of a command.
  case stream
}

/// The name of one protected thing: a kind and a path of one or more components, such as `nfs/immich`.
///
/// A component is never empty, `.` or `..`, and holds the bytes `A–Z a–z 0–9 . _ - + @ : %` only; any other byte of
/// a real name (a directory's, say) is written `%XX` by ``escaping(_:)``. A component that a repository uses for
/// itself (`points`, `packs`, `trash`, `lock`, `attestations.jsonl`) has its first byte escaped.
public struct SourceID: Hashable, Sendable {
  /// The kind.
  public let kind: SourceKind
  /// The name without the kind, components joined by `/`.
  public let name: String

  /// Makes an id.
  ///
  /// - Returns: nil if `name` isn't a valid name.
  public init?(kind: SourceKind, name: String) {
    let components = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !components.isEmpty, components.allSatisfy(Self.isValid) else { return nil }
    self.kind = kind
    self.name = name
  }

  /// The components of the name.
  public var components: [Substring] { name.split(separator: "/") }

  /// Names of files and directories of a source's own store, which no component may bear.
  public static let reservedComponents: Set<String> = ["points", "packs", "trash", "lock", "attestations.jsonl"]

  private static func isValid(_ component: Substring) -> Bool {
    guard !component.isEmpty, component != ".", component != "..", component.utf8.count <= 200 else { return false }
    guard !reservedComponents.contains(String(component)) else { return false }
    return component.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "%") }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "+"), UInt8(ascii: "@"), UInt8(ascii: ":"):
      return true
    default:
      return false
    }
  }

  /// One valid component for any file name: bytes that a component can't hold become `%XX`.
  public static func escaping(_ fileName: some Collection<UInt8>) -> String {
    let plain = String(decoding: fileName, as: UTF8.self)
    let escapesFirst = plain == "." || plain == ".." || reservedComponents.contains(plain)
    var text = ""
    for (position, byte) in fileName.enumerated() {
      if isPlain(byte), !(position == 0 && escapesFirst) {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%" + hexadecimal(byte)
      }
    }
    return text
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.count == 1 ? "0" + digits : digits
  }
}

extension SourceID: CustomStringConvertible, Comparable {
  /// The kind and the name: `tree/nfs/immich`.
  public var description: String { "\(kind.rawValue)/\(name)" }

  /// Parses what ``description`` prints.
  public init?(parsing text: String) {
    guard let slash = text.firstIndex(of: "/"), let kind = SourceKind(rawValue: String(text[..<slash])) else {
      return nil
    }
    self.init(kind: kind, name: String(text[text.index(after: slash)...]))
  }

  /// Orders by kind, then by name.
  public static func < (left: SourceID, right: SourceID) -> Bool { left.description < right.description }
}

extension SourceID: Codable {
  /// Decodes the printed form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let parsed = SourceID(parsing: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not the name of a source")
    }
    self = parsed
  }

  /// Encodes the printed form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
