import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem
import VolumeSnapshots

/// Plans the volumes of a restore in place: what there is, what uses it, and whether a snapshot would do.
struct VolumePlanning {
  private let use: VolumeUse
  private let from: RestoreOrigin?
  private let end: Timestamp?
  private let isPointID: Bool
  private let now: Timestamp
  private let inventory: VolumeInventory
  private let claims: KnownClaims

  /// Looks at the volumes of this host; nil without the means to.
  ///
  /// - Parameters:
  ///   - time: what was asked for; nil for the newest.
  init?(_ use: VolumeUse?, from: RestoreOrigin?, time: TimeExpression?, now: Timestamp) async throws {
    guard let use else {
      guard from == nil else {
        throw CommandError(
          .usage, "cannot restore from a \(from?.rawValue ?? ""): no volume is restored", hint: "leave out --from")
      }
      return nil
    }
    self.use = use
    self.from = from
    self.now = now
    end = time.flatMap { $0.end(now: now, utcOffset: localUTCOffset(at: now)) }
    isPointID = time != nil && time != .latest && end == nil
    inventory = try await use.inventory()
    claims = try await use.claims()
    if let warning = claims.warning { CommandEnvironment.current.messages.line("warning: \(warning)") }
  }

  /// The plan of one volume.
  func part(_ selected: PointSelection, _ trust: PointTrust) async throws -> InPlacePlan.Part {
    guard let volume = selected.point.volume else {
      throw CommandError(
        .usage, "cannot restore \(selected.store.source) in place: its point doesn't say of which volume it is",
        hint: "restore it with --to-volume GROUP/NEW")
    }
    let live = try await LiveVolume(of: volume, in: inventory, claims: claims, use: use)
    let snapshot = newestSnapshot(of: live)
    if from == .snapshot {
      guard let snapshot else { throw noSnapshot(of: live, selected) }
      return try InPlacePlan.part(
        selected.store, selected.point, snapshot: snapshot, faster: nil, live: live, trust: trust)
    }
    // A snapshot reaches what was asked for if it is at least as new as the point, and not too new.
    let faster = snapshot.flatMap { ($0.created ?? selected.point.begun) >= selected.point.begun ? $0 : nil }
    return try InPlacePlan.part(
      selected.store, selected.point, snapshot: nil, faster: from == nil && !isPointID ? faster : nil, live: live,
      trust: trust)
  }

  /// The newest good snapshot that is wanted by its time.
  private func newestSnapshot(of live: LiveVolume) -> VolumeSnapshot? {
    inventory.snapshots(of: live.name)
      .filter { snapshot in
        guard snapshot.isGood, let created = snapshot.created, created <= now else { return false }
        return end.map { created <= $0 } ?? true
      }
      .max { ($0.created ?? now, $0.name) < ($1.created ?? now, $1.name) }
  }

  private func noSnapshot(of live: LiveVolume, _ selected: PointSelection) -> CommandError {
    let all = inventory.snapshots(of: live.name).compactMap(\.created).sorted()
    let there =
      all.isEmpty
      ? "there is none" : "there are \(all.count), the oldest of \(all[0]), the newest of \(all[all.count - 1])"
    return CommandError(
      .failed,
      "cannot restore \(live.name) from a snapshot"
        + (end.map { " of \($0) or before" } ?? "") + ": \(there)",
      hint: "leave out --from: \(selected.store.source)@\(selected.point.id) is in the repository")
  }
}
