public import BackupModel
import BackupReporting
public import BackupRepository
import HostSystem

/// What a repository knows of the past, from which everything that is reported can be derived anew.
public enum RepositoryKnowledge {
  private static let growthDays: Int64 = 30

  /// When the newest good point of each source was made.
  ///
  /// - Throws: `RepositoryError` if the sources can't be listed.
  public static func lastSuccesses(of repository: Repository) throws -> [SourceID: Timestamp] {
    var times: [SourceID: Timestamp] = [:]
    for source in try repository.sources() {
      // A point that can't be read is found by `check`; here it only doesn't count.
      times[source] = try repository.store(source).latestGoodPoint { _, _ in }?.ended
    }
    return times
  }

  /// What is known of the disk that holds a repository.
  ///
  /// - Returns: nil for a repository that isn't in a directory of this host.
  /// - Throws: `RepositoryError`; `SystemError`.
  static func disk(of repository: Repository, now: Timestamp) throws -> RepositoryObservation? {
    guard let directory = repository.directory else { return nil }
    let space = try directory.space()
    return RepositoryObservation(
      freeBytes: space.available, totalBytes: space.total, growth: try growth(of: repository, now: now))
  }

  /// What was added on each of the last days by the points that were made, less what prunes took out of use.
  private static func growth(of repository: Repository, now: Timestamp) throws -> [DailyGrowth] {
    let oldest = now.seconds / 86_400 - growthDays
    var added: [Int64: Int64] = [:]
    for source in try repository.sources() {
      let store = repository.store(source)
      for id in try store.pointIDs() where id.begun.seconds / 86_400 > oldest {
        // As above: a point that can't be read doesn't count.
        guard let point = try? store.point(id) else { continue }
        added[id.begun.seconds / 86_400, default: 0] += point.statistics.storedBytes
      }
      // A history that can't be read tells of no prune; then the disk seems to fill faster than it does.
      for attestation in (try? store.attestations.read().attestations) ?? [] where attestation.action == .prune {
        let day = attestation.at.seconds / 86_400
        if day > oldest, let bytes = attestation.bytes { added[day, default: 0] -= bytes }
      }
    }
    return added.sorted { $0.key < $1.key }
      .map { DailyGrowth(day: Timestamp(seconds: $0.key * 86_400), addedBytes: ByteCount($0.value)) }
  }
}
