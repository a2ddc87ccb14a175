public import BackupModel
import FoundationEssentials

/// The content of `repository.json`.
public struct RepositoryDescription: Codable, Hashable, Sendable {
  /// The format version.
  public var format: Int
  /// A random UUID in lower case.
  public var id: String
  /// When the repository was made.
  public var created: Timestamp
  /// Name and version of the program that made it.
  public var tool: String

  /// The format version that this program writes and the newest that it reads.
  public static let knownFormat = 1

  /// Describes a new repository.
  public init(id: String, created: Timestamp, tool: String) {
    format = Self.knownFormat
    self.id = id
    self.created = created
    self.tool = tool
  }

  func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return Array(try encoder.encode(self)) + [0x0A]
  }

  private struct FormatOnly: Decodable { var format: Int }

  static func decode(_ bytes: [UInt8], location: String) throws -> RepositoryDescription {
    let decoder = JSONDecoder()
    do {
      // The number first: another version's file may have any other keys.
      let format = try decoder.decode(FormatOnly.self, from: Data(bytes)).format
      guard format <= knownFormat, format >= 1 else {
        throw RepositoryError(
          .formatTooNew,
          "cannot open the repository \(location): it has format \(format), this program knows up to \(knownFormat)",
          hint: "install a newer backupctl, or restore with the repository's own rescue.py")
      }
      return try decoder.decode(RepositoryDescription.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw RepositoryError(
        .damaged, "cannot open the repository \(location): repository.json is damaged", cause: "\(error)".prefixLine,
        hint: "compare with the example in docs/format.md, section 2; the sources' data does not depend on it")
    }
  }
}

extension String {
  /// At most the first 200 characters of the first line.
  var prefixLine: String { String(prefix { $0 != "\n" }.prefix(200)) }
}
