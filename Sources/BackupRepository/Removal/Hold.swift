public import BackupModel
import FoundationEssentials

/// A reason for which nobody may forget a point until it is released.
///
/// It lies beside its point in the repository (`docs/format.md`, section 8), so it holds whoever looks, with or without a catalog.
public struct Hold: Codable, Hashable, Sendable {
  /// Why the point is held, in the words of whoever did it.
  public let reason: String
  /// When it was held.
  public let begun: Timestamp
  /// When the hold ends by itself; nil is never.
  public let until: Timestamp?
  /// Who or what held it: an account, a host.
  public let by: String

  /// Holds a point.
  public init(reason: String, begun: Timestamp, until: Timestamp? = nil, by: String) {
    self.reason = reason
    self.begun = begun
    self.until = until
    self.by = by
  }

  /// Whether it counts at a time.
  public func counts(at now: Timestamp) -> Bool { until.map { now < $0 } ?? true }
}

extension SourceStore {
  static let holdEnding = ".hold"
  /// A reason is a sentence, not a book.
  private static let mostBytes = 64 << 10

  private func holdPath(_ id: RecoveryPointID) -> String { "\(pointsPath)/\(id)\(Self.holdEnding)" }

  /// The hold on a point; nil if there is none.
  ///
  /// One that can't be read holds all the same: ``Hold/reason`` says so.
  /// - Throws: ``RepositoryError`` `readFailed`.
  public func hold(on id: RecoveryPointID) throws -> Hold? {
    guard let bytes = try storage.read(holdPath(id), limit: Self.mostBytes) else { return nil }
    do {
      return try JSONDecoder().decode(Hold.self, from: Data(bytes))
    } catch {
      return Hold(reason: "(the hold can't be read: \(holdPath(id)))", begun: id.begun, by: "-")
    }
  }

  /// All holds, by their points; those of points that are gone too.
  ///
  /// - Throws: ``RepositoryError`` `readFailed`.
  public func holds() throws -> [RecoveryPointID: Hold] {
    var holds: [RecoveryPointID: Hold] = [:]
    for name in try storage.list(pointsPath) ?? [] where name.hasSuffix(Self.holdEnding) {
      guard let id = RecoveryPointID(parsing: name.dropLast(Self.holdEnding.count)) else { continue }
      holds[id] = try hold(on: id)
    }
    return holds
  }

  /// Holds a point, in place of a hold that is there. The caller holds the lock.
  ///
  /// - Throws: ``RepositoryError`` `noSuchPoint`, `writeFailed`.
  public func hold(_ id: RecoveryPointID, _ hold: Hold, _ lock: SourceLock) throws {
    _ = try point(id)
    if try self.hold(on: id) != nil { try storage.protect(holdPath(id), .none) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try storage.writeDurably(Array(try encoder.encode(hold)) + [0x0A], to: holdPath(id))
    try protectFiles(lock)
  }

  /// Releases a point. The caller holds the lock.
  ///
  /// - Returns: the hold that was there; nil if there was none.
  /// - Throws: ``RepositoryError`` `writeFailed`.
  @discardableResult public func release(_ id: RecoveryPointID, _: SourceLock) throws -> Hold? {
    guard let hold = try hold(on: id) else { return nil }
    try storage.protect(holdPath(id), .none)
    try storage.remove(holdPath(id))
    try storage.synchronizeDirectory(pointsPath)
    return hold
  }
}
