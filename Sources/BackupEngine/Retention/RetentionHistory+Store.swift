public import BackupModel
public import BackupPolicy
public import BackupRepository

extension RetentionHistory {
  /// Reads the past of a source: its good points, and from its attestations when those were made that have been forgotten.
  ///
  /// Points that can't be read, look wrong or are dated after `now` don't count, as they don't for keep rules.
  /// - Throws: `RepositoryError`.
  public init(_ store: SourceStore, now: Timestamp) throws {
    let ids = try store.pointIDs()
    var points: [Point] = []
    for id in ids where id.begun <= now {
      do {
        let point = try store.point(id)
        guard point.isGood else { continue }
        points.append(
          Point(at: id.begun, addedBytes: point.statistics.storedBytes, sourceBytes: point.statistics.bytes))
      } catch let error as RepositoryError where error.code == .damaged || error.code == .formatTooNew {
        continue
      }
    }
    let forgotten = Set(try store.attestations.read().attestations.filter { $0.action == .forget }.compactMap(\.point))
    self.init(
      points, forgotten: forgotten.subtracting(ids).map(\.begun).filter { $0 <= now },
      packBytes: try store.packBytes().bytes)
  }
}
