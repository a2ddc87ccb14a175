import BackupModel
import BackupPolicy
public import BackupRepository
import HostSystem
public import VolumeSnapshots

/// Archives a volume: makes one recovery point of a snapshot of it, as an image or as files.
///
/// Nothing is ever written to the snapshot that is read. A snapshot that an image was made of stays as the base of the next
/// difference; the one before is released, and removed if it was made for that purpose only.
public struct VolumeArchive: Sendable {
  /// What came of it.
  public struct Outcome: Sendable {
    /// The published point.
    public let point: RecoveryPoint
    /// What went wrong although the point is good: lines for a person.
    public let problems: [String]
  }

  /// A snapshot that is older than this when it is read is worth a warning: somebody thinks the point is newer than it is.
  static let oldestSnapshot = Duration.seconds(86_400)

  private let host: VolumeHost
  private let target: VolumeTarget
  private let request: PointRequest

  /// Prepares an archive.
  ///
  /// - Parameter request: where the point goes; its source is that of the volume.
  public init(_ target: VolumeTarget, as request: PointRequest, on host: VolumeHost) {
    self.target = target
    self.request = request
    self.host = host
  }

  /// Archives from a snapshot, or takes one.
  ///
  /// Cancelling the task stops it and removes what it made beside the repository.
  /// - Parameter given: a snapshot of the volume that another job took; nil to take one.
  /// - Throws: `VolumeError`; what the archives of images and trees throw. No point is published then, what was stored serves the
  ///   next attempt, and a snapshot that was taken here is removed.
  public func run(from given: VolumeName? = nil, progress: ArchiveProgress) async throws -> Outcome {
    let bases = VolumeBases(host: host)
    var problems = await bases.clear(of: target.volume, besides: given, in: request.store, holder: request.holder)
    let found: Found
    if let given { found = try await find(given) } else { found = try await takeSnapshot() }
    let snapshot = found.snapshot
    problems += found.problems + age(of: snapshot)
    do {
      let point: RecoveryPoint
      switch target.mode {
      case .image:
        if !snapshot.tags.isBase { try await bases.begin(snapshot.name) }
        let image = try await ImageOfVolume(host: host, target: target, request: request)
          .archive(snapshot, in: found.inventory, progress: progress)
        point = image.point
        problems += image.problem.map { ["what changed is not known, so all of it was read: \($0)"] } ?? []
        if point.suspicious.isEmpty {
          problems += await bases.settle(on: snapshot.name, of: target.volume)
        } else {
          // The next difference is made from the newest good point, whose base stays.
          problems += await given == nil ? bases.remove(snapshot.name) : bases.release(snapshot.name)
        }
      case .files:
        point = try await FilesOfVolume(host: host, target: target, request: request)
          .archive(snapshot, progress: progress)
        problems += await bases.settle(on: given, of: target.volume)
      }
      return Outcome(point: point, problems: problems)
    } catch {
      // The error on its way is what matters; what stays has our tags, and retention removes it.
      if given == nil {
        _ = await bases.remove(snapshot.name)
      } else if !snapshot.tags.isBase {
        _ = await bases.release(snapshot.name)
      }
      throw error
    }
  }

  /// The snapshot to read, and what there was when it was looked up.
  private struct Found {
    var snapshot: VolumeSnapshot
    var inventory: VolumeInventory
    var problems: [String] = []
  }

  private func find(_ name: VolumeName) async throws -> Found {
    let inventory = try await host.inventory()
    guard let volume = inventory.volumeIfAny(name) else {
      throw VolumeError(
        .notFound, "cannot archive \(target.volume) from its snapshot \(name): it is not there any more",
        hint: "see what there is with `backupctl snapshots list`; another run takes a new one")
    }
    guard let snapshot = VolumeSnapshot(volume), snapshot.isGood else {
      throw VolumeError(
        .refused, "cannot archive \(target.volume) from \(name): it is not a finished, read-only snapshot of backupctl",
        hint: "look with `lvs -o +lv_tags,lv_permissions \(name)`")
    }
    guard snapshot.originName == target.volume else {
      throw VolumeError(
        .refused,
        "cannot archive \(target.volume) from \(name): that is a snapshot of "
          + (snapshot.originName.map(\.description) ?? "another volume"))
    }
    return Found(snapshot: snapshot, inventory: inventory)
  }

  private func takeSnapshot() async throws -> Found {
    let taken = try await VolumeTaking(host: host).take(
      [target.volume], hooks: target.hooks, purpose: .archive, areBases: target.mode == .image, keep: nil)
    guard let snapshot = taken.snapshots.first else {
      throw VolumeError(.notFound, "cannot archive \(target.volume): its snapshot is not there")
    }
    return Found(snapshot: snapshot, inventory: taken.inventory, problems: taken.warnings.map(\.description))
  }

  private func age(of snapshot: VolumeSnapshot) -> [String] {
    guard let created = snapshot.created else { return [] }
    let age = Duration.seconds(host.clock.now().seconds - created.seconds)
    guard age > Self.oldestSnapshot else { return [] }
    return ["the snapshot \(snapshot.name) was \(age.policyText) old when it was read"]
  }
}
