public import BackupModel
import BackupPolicy

/// A thin volume as `volumes list` shows it. Pure.
public struct VolumeRow: Hashable, Sendable {
  /// What is known of the volume.
  public let facts: VolumeFacts
  /// What protects it; nil if no declaration names its pool.
  public let coverage: CoverageSurvey.Item?
  /// When its newest good point was begun; nil if there is none.
  public let newestPoint: Timestamp?

  /// Joins facts with the coverage and the newest points, sorted by name. Snapshots of this program are no rows.
  ///
  /// - Parameters:
  ///   - coverage: items of ``VolumeCoverage``.
  ///   - points: when the newest good point of each source was begun.
  public static func rows(
    _ facts: [VolumeFacts], coverage: [CoverageSurvey.Item], points: [SourceID: Timestamp]
  ) -> [VolumeRow] {
    var items: [String: CoverageSurvey.Item] = [:]
    for item in coverage where item.kind == .volume { items[item.path] = item }
    return facts.filter { !$0.volume.isOwnSnapshot }
      .sorted { ($0.volume.group, $0.volume.name) < ($1.volume.group, $1.volume.name) }
      .map { facts in
        VolumeRow(
          facts: facts, coverage: items["\(facts.volume.group)/\(facts.volume.name)"],
          newestPoint: facts.volume.source.flatMap { points[$0] })
      }
  }

  /// The name, `GROUP/VOLUME`.
  public var name: String { "\(facts.volume.group)/\(facts.volume.name)" }

  /// The newest snapshot.
  public var newestSnapshot: VolumeFacts.Snapshot? { facts.snapshots.max { $0.created < $1.created } }

  /// The bytes that the snapshots cost at least: the sum of what each has for itself alone. Blocks that several of them
  /// share, and the volume no longer has, come on top. Nil if it isn't known of each.
  public var exclusive: ByteCount? {
    facts.snapshots.reduce(ByteCount.zero) { sum, snapshot in
      guard let sum, let exclusive = snapshot.exclusive else { return nil }
      return sum + exclusive
    }
  }
}
