import BackupModel
import BackupRepository
import FoundationEssentials
import HostSystem

/// The file in a target that says which restore is under way there; it is there from before the first entry is written until
/// everything is on the medium.
struct RestoreMarker {
  /// The file's name in the target.
  static let name = PathBytes(path: ".backupctl-restore.json")
  private static let limit = 1 << 24

  private struct Document: Codable {
    var repository: String
    var source: SourceID
    var point: RecoveryPointID
    /// In base64, since paths are bytes.
    var paths: [Data]
  }

  /// The content that a restore's marker has; two restores are the same if these bytes are.
  let bytes: [UInt8]

  init(_ point: RecoveryPoint, store: SourceStore, selection: PathSelection) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let document = Document(
      repository: store.repositoryID, source: store.source, point: point.id, paths: selection.paths.map { Data($0) })
    bytes = Array(try encoder.encode(document)) + [0x0A]
  }

  /// The content of the marker of a directory, or nil if it has none.
  static func read(in root: OpenFile) throws(SystemError) -> [UInt8]? {
    do throws(SystemError) {
      return try root.openBeneath(name, .readOwn).contents(at: 0, count: limit)
    } catch {
      if error.isMissing { return nil }
      throw error
    }
  }

  /// Which restore a marker's content is about, for people.
  static func describe(_ content: [UInt8]) -> String {
    // A marker that can't be understood still marks an unfinished restore; only its name is unknown then.
    guard let document = try? JSONDecoder().decode(Document.self, from: Data(content)) else { return "another point" }
    return "\(document.source)@\(document.point)" + (document.paths.isEmpty ? "" : ", single paths of it")
  }

  /// Writes the marker durably.
  ///
  /// - Returns: the open file, locked for as long as it stays open; nil if another process holds the lock.
  func write(in root: OpenFile) throws(SystemError) -> OpenFile? {
    let file = try root.openBeneath(Self.name, .openOrCreate(permissions: 0o600))
    guard try file.tryLock(exclusive: true) else { return nil }
    if try file.contents(at: 0, count: bytes.count + 1) != bytes {
      try file.setSize(0)
      try file.write(bytes[...], at: 0)
      try file.synchronize()
      try root.synchronize()
    }
    return file
  }

  /// Removes the marker.
  static func remove(in root: OpenFile) throws(SystemError) { try root.unlink(name) }
}
