public import BackupModel
public import BackupRepository

extension PointRetention.Fact {
  /// What the repository knows of each point of a source.
  ///
  /// A point counts as verified if a drill restored it whole, or if every frame of all packs that could hold its content, its own and
  /// older ones, was verified and none was found damaged.
  /// - Parameter now: holds that have ended by then don't count.
  /// - Throws: `RepositoryError` `readFailed`.
  public static func all(of store: SourceStore, now: Timestamp) throws -> [PointRetention.Fact] {
    let attestations = try store.attestations.read().attestations
    let drilled = Set(attestations.filter { $0.action == .drill && $0.result == .ok }.compactMap(\.point))
    let unverified = try firstUnverified(store, AttestationHistory(attestations))
    let holds = try store.holds()
    let partial = try store.partialPoints()
    return try store.pointIDs().compactMap { id -> PointRetention.Fact? in
      var fact = PointRetention.Fact(id)
      do {
        guard let point = try store.pointIfThere(id) else { return nil }
        fact.state = point.isGood ? .good : .suspicious
      } catch let error as RepositoryError where error.code == .damaged || error.code == .formatTooNew {
        fact.state = .unreadable
      }
      if let hold = holds[id], hold.counts(at: now) { fact.holdReason = hold.reason }
      fact.isPartial = partial.contains(id)
      fact.isVerified = drilled.contains(id) || unverified.map { id < $0 } ?? true
      return fact
    }
  }

  /// The point of the oldest pack of which not everything was verified and found right; nil if there is none.
  private static func firstUnverified(_ store: SourceStore, _ history: AttestationHistory) throws -> RecoveryPointID? {
    for name in try store.packNames() {
      if history.replacedPacks.contains(name) { continue }
      do {
        let frames = try store.openPack(name).frames.count
        let segments = history.segments(of: name, frameCount: frames)
        guard segments.allSatisfy({ $0.verified != nil && !$0.isDamaged }) else { return name.point }
      } catch let error as RepositoryError where error.code == .damaged {
        return name.point
      }
    }
    return nil
  }
}
