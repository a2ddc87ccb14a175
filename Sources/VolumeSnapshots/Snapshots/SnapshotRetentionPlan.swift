public import BackupModel

/// Which snapshots of ours stay and which go, each with the reasons.
///
/// A pure value: nothing is removed before ``SnapshotRemoval/execute(_:until:)``. Snapshots that aren't ours can't be part
/// of it, since ``VolumeSnapshot`` is only made of volumes with our tag.
public struct SnapshotRetentionPlan: Hashable, Sendable {
  /// Why a snapshot stays.
  public enum Reason: Hashable, Sendable {
    /// A rule keeps it, in the rule's words.
    case rule(String)
    /// It is the newest good one of its volume.
    case newestGood
    /// The next difference is to be made from it.
    case base
    /// It is dated in the future, so no rule can judge it.
    case futureDated
    /// Nobody knows when it was made.
    case ageUnknown
    /// It was begun a short while ago and may still be in the making.
    case inTheMaking
  }

  /// The decision about one snapshot.
  public struct Decision: Hashable, Sendable {
    /// The snapshot.
    public let snapshot: VolumeSnapshot
    /// Why it stays; empty if it goes, since no rule and no floor keeps it.
    public let reasons: [Reason]

    /// Whether it stays.
    public var isKept: Bool { !reasons.isEmpty }
  }

  /// How long a snapshot without its final content may be in the making, in seconds.
  static let longestMaking: Int64 = 3600

  /// The decisions, by volume, newest snapshot first.
  public let decisions: [Decision]

  /// Plans.
  ///
  /// Never dropped, whatever the rules: the newest good snapshot of a volume, a base, one dated in the future or without a
  /// known age. A snapshot dated in the future counts for nothing: rules don't see it and it isn't the newest good one. One
  /// whose making was cut off goes after an hour.
  /// - Parameters:
  ///   - snapshots: what there is; volumes may be mixed.
  ///   - bases: UUIDs of snapshots that are bases besides those with the tag.
  ///   - rules: the names of the snapshots that rules keep, each with the rules' words; given the good and the bad finished snapshots of one
  ///     volume, newest first, none of them dated in the future.
  public init(
    of snapshots: [VolumeSnapshot], bases: Set<String> = [], now: Timestamp,
    rules: ([VolumeSnapshot]) throws -> [VolumeName: [String]]
  ) rethrows {
    // A volume that was made anew under an old name is another one.
    let volumes = Dictionary(grouping: snapshots) { Volume(name: $0.originName, uuid: $0.volume.originUUID) }
    var decisions: [Decision] = []
    for (_, group) in volumes.sorted(by: { $0.key < $1.key }) {
      let sorted = group.sorted { ($1.created ?? now, $1.name) < ($0.created ?? now, $0.name) }
      let counting = sorted.filter { snapshot in
        guard let created = snapshot.created else { return false }
        return created <= now && !snapshot.tags.isUnfinished
      }
      let newestGood = counting.first(where: \.isGood)
      let kept = counting.isEmpty ? [:] : try rules(counting)
      for snapshot in sorted {
        var reasons: [Reason] = []
        if snapshot == newestGood { reasons.append(.newestGood) }
        if snapshot.tags.isBase || bases.contains(snapshot.volume.uuid) { reasons.append(.base) }
        if let created = snapshot.created {
          if created > now { reasons.append(.futureDated) }
          if snapshot.tags.isUnfinished, created <= now, now < created.adding(seconds: Self.longestMaking) {
            reasons.append(.inTheMaking)
          }
        } else {
          reasons.append(.ageUnknown)
        }
        reasons += kept[snapshot.name, default: []].map(Reason.rule)
        decisions.append(Decision(snapshot: snapshot, reasons: reasons))
      }
    }
    self.decisions = decisions
  }

  /// What stays.
  public var kept: [VolumeSnapshot] { decisions.filter(\.isKept).map(\.snapshot) }

  /// What goes, oldest first.
  public var dropped: [VolumeSnapshot] {
    decisions.filter { !$0.isKept }.map(\.snapshot).sorted { left, right in
      switch (left.created, right.created) {
      case (let one?, let other?): (one, left.name) < (other, right.name)
      default: left.name < right.name
      }
    }
  }

  /// The same plan without the snapshots of other pools.
  func only(inPool pool: VolumeName) -> SnapshotRetentionPlan {
    SnapshotRetentionPlan(decisions: decisions.filter { $0.snapshot.volume.pool == pool })
  }

  private init(decisions: [Decision]) { self.decisions = decisions }

  private struct Volume: Hashable, Comparable {
    let name: VolumeName?
    let uuid: String?

    static func < (left: Volume, right: Volume) -> Bool {
      (left.name?.description ?? "", left.uuid ?? "") < (right.name?.description ?? "", right.uuid ?? "")
    }
  }
}

extension SnapshotRetentionPlan.Reason: CustomStringConvertible {
  /// The reason in words.
  public var description: String {
    switch self {
    case .rule(let words): words
    case .newestGood: "newest good snapshot of its volume"
    case .base: "base of the next difference"
    case .futureDated: "dated in the future"
    case .ageUnknown: "its age is not known"
    case .inTheMaking: "still in the making"
    }
  }
}
