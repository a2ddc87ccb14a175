public import BackupModel
import FoundationEssentials

/// What can't be restored of a point any more: damage took it, and no other copy was found.
///
/// It lies beside its point (`docs/format.md`, section 8). The point itself is as it was: all else of it restores.
public struct PartialPoint: Codable, Hashable, Sendable {
  /// How many paths are listed at most.
  public static let mostPaths = 100_000

  /// When it was found out.
  public var at: Timestamp
  /// Name and version of the program.
  public var tool: String
  /// How many entries can't be restored; those in lost parts of the index aren't counted.
  public var entryCount: Int
  /// Paths that can't be restored, ``mostPaths`` at most, other bytes than UTF-8 as `\xHH`.
  public var paths: [String]
  /// Parts of the index that are lost: from which path to which; what was in them isn't known.
  public var lostParts: [String]

  /// Records what is lost.
  public init(at: Timestamp, tool: String, entryCount: Int, paths: [String], lostParts: [String]) {
    self.at = at
    self.tool = tool
    self.entryCount = entryCount
    self.paths = paths
    self.lostParts = lostParts
  }

  /// What is lost, in a few words: `3 entries`, `2 entries and 1 part of the index`.
  public var summary: String {
    var words: [String] = []
    if entryCount > 0 || lostParts.isEmpty { words.append(entryCount == 1 ? "1 entry" : "\(entryCount) entries") }
    if !lostParts.isEmpty {
      words.append(lostParts.count == 1 ? "1 part of the index" : "\(lostParts.count) parts of the index")
    }
    return words.joined(separator: " and ")
  }
}

extension SourceStore {
  static let partialEnding = ".partial"
  private static let mostBytes = 256 << 20

  private func partialPath(_ id: RecoveryPointID) -> String { "\(pointsPath)/\(id)\(Self.partialEnding)" }

  /// What is lost of a point; nil if nothing is known to be.
  ///
  /// - Throws: ``RepositoryError`` `readFailed`.
  public func partial(_ id: RecoveryPointID) throws -> PartialPoint? {
    guard let bytes = try storage.read(partialPath(id), limit: Self.mostBytes) else { return nil }
    do {
      return try JSONDecoder().decode(PartialPoint.self, from: Data(bytes))
    } catch {
      return PartialPoint(
        at: id.begun, tool: "", entryCount: 0, paths: [], lostParts: ["(\(partialPath(id)) can't be read)"])
    }
  }

  /// The points of which something is known to be lost.
  ///
  /// - Throws: ``RepositoryError`` `readFailed`.
  public func partialPoints() throws -> Set<RecoveryPointID> {
    Set(
      (try storage.list(pointsPath) ?? []).compactMap { name in
        name.hasSuffix(Self.partialEnding)
          ? RecoveryPointID(parsing: name.dropLast(Self.partialEnding.count)) : nil
      })
  }

  /// Writes down what is lost of a point, in place of what was known before.
  func mark(_ id: RecoveryPointID, _ partial: PartialPoint, _: SourceLock) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if try storage.list(pointsPath)?.contains("\(id)\(Self.partialEnding)") == true {
      try storage.protect(partialPath(id), .none)
    }
    try storage.writeDurably(Array(try encoder.encode(partial)) + [0x0A], to: partialPath(id))
  }

  /// Takes away the mark of a point all of which was found again, or that is taken away itself.
  func unmark(_ id: RecoveryPointID, _: SourceLock) throws {
    guard try storage.list(pointsPath)?.contains("\(id)\(Self.partialEnding)") == true else { return }
    try storage.protect(partialPath(id), .none)
    try storage.remove(partialPath(id))
    try storage.synchronizeDirectory(pointsPath)
  }
}
