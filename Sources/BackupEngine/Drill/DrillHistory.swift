public import BackupModel
public import BackupRepository

/// What is known of the drills of a source.
public struct DrillHistory: Sendable {
  /// The source.
  public let source: SourceID
  /// The last drill; nil if there was none.
  public let last: Attestation?

  /// Reads what a source's attestations say.
  ///
  /// - Throws: `RepositoryError` if they can't be read.
  public init(of store: SourceStore) throws {
    source = store.source
    last = try store.attestations.read().attestations.last { $0.action == .drill }
  }

  /// The drills of sources, those first that were drilled longest ago or never.
  ///
  /// - Throws: `RepositoryError`.
  public static func all(of sources: [SourceID], in repository: Repository) throws -> [DrillHistory] {
    try sources.map { try DrillHistory(of: repository.store($0)) }.enumerated().sorted { left, right in
      let (first, second) = (left.element.last?.at, right.element.last?.at)
      if first == second { return left.offset < right.offset }
      guard let first, let second else { return first == nil }
      return first < second
    }.map(\.element)
  }
}
