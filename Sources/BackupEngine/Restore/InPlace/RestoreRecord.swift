public import BackupModel
public import HostSystem
public import VolumeSnapshots

/// What is durably known of one restore in place; the content of its journal.
public struct RestoreRecord: Codable, Hashable, Sendable {
  /// What is wanted of a restore; it is noted before the first step towards it.
  public enum Intent: String, Codable, Sendable {
    /// To have the restored trees live.
    case restore
    /// To have live again what was before.
    case undo
    /// To remove what was kept.
    case forget
  }

  /// How far one part has come. Each is noted before the steps that lead out of it begin.
  public enum State: String, Codable, Sendable {
    /// The tree is made beside the live one, or that hasn't begun; nothing live has changed.
    case filling
    /// The tree is complete and equal to the point; nothing live has changed.
    case filled
    /// The two change places.
    case exchanging
    /// The restored tree is live; the old one is kept.
    case exchanged
    /// The two change places back.
    case undoing
    /// The old tree is live; what had been restored is kept, with what was written to it.
    case undone
    /// What was kept is removed.
    case removing
    /// Nothing is left of it.
    case removed
  }

  /// Whether what uses the volumes of a restore runs. Each is noted before the steps that lead to it begin.
  public enum Use: String, Codable, Sendable {
    /// It runs, or nothing was stopped.
    case running
    /// It is being stopped.
    case stopping
    /// It is stopped, and the volumes are closed.
    case stopped
    /// It is started again.
    case starting
  }

  /// What a volume of a restore is made of.
  public enum Making: Codable, Hashable, Sendable {
    /// The image of the point, read from the repository.
    case archive
    /// A clone of the live volume into which what differs from the point is written.
    case difference
    /// A clone of the snapshot that has this name and UUID.
    case snapshot(VolumeName, uuid: String)
  }

  /// The volume that a part is.
  public struct Volume: Codable, Hashable, Sendable {
    /// Which volumes change places.
    public var swap: VolumeSwap
    /// The pool that they are in.
    public var pool: VolumeName
    /// What it is made of.
    public var making: Making
    /// The claim that it belongs to; nil if none is known.
    public var claim: ClaimInUse?
  }

  /// One source of a restore.
  public struct Part: Codable, Hashable, Sendable {
    /// The source.
    public var source: SourceID
    /// The point; nil if it is made of a snapshot.
    public var point: RecoveryPointID?
    /// The live tree: absolute, no symbolic link in it; or the live volume's device.
    public var live: JournaledPath
    /// The directory in which it is restored, and in which the old one is kept; or the device of the volume that is made.
    public var place: JournaledPath
    /// The paths that are restored, as an index has them; empty for everything.
    public var paths: [JournaledPath]
    /// Bytes of content.
    public var bytes: Int64
    /// How far it has come.
    public var state = State.filling
    /// What changes places with what; empty until it is filled.
    public var exchanges: [RestoreExchange] = []
    /// How long it took to restore and to compare; nil until it is filled.
    public var seconds: Double?
    /// Whether anything of it was ever live, so that what is kept may hold what was written since.
    public var wasLive = false
    /// The volume that it is; nil for a tree.
    public var volume: Volume?
    /// The directory that stays while all names in it are exchanged one after the other; nil if it, or paths, change places.
    public var root: StayingRoot?

    /// Where the one of the two is that isn't live.
    public var kept: PathBytes {
      guard let swap = volume?.swap else { return place.bytes + [0x2F] + RestorePlace.tree }
      let isLive = state == .exchanged || state == .undoing
      return PathBytes(path: "/dev/\(isLive ? swap.kept : swap.beside)")
    }

    /// Whether nothing was there before, so that what is kept of it is nothing and taking it back takes it away.
    public var replacesNothing: Bool {
      if let swap = volume?.swap { return swap.old == nil }
      if root != nil { return false }
      return !exchanges.isEmpty && exchanges.allSatisfy { $0.old == nil }
    }

    /// Where what is live now is once it was taken back.
    public var keptWhenUndone: PathBytes {
      guard let swap = volume?.swap else { return place.bytes + [0x2F] + RestorePlace.tree }
      return PathBytes(path: "/dev/\(swap.beside)")
    }

    /// What is restored, as people call it: `nfs/wiki@20261122T050000Z`.
    public var title: String {
      if let point { return "\(source)@\(point)" }
      if case .snapshot(let name, _)? = volume?.making { return "\(source) by the snapshot \(name.volume)" }
      return source.description
    }

    /// How many exchanges there are.
    var exchangeCount: Int { volume == nil ? exchanges.count : 1 }
  }

  /// The version of the journal's format: 2 came with volumes, 3 with directories that stay and with workloads that a service names. Older
  /// ones are read.
  public static let knownFormat = 3

  /// The version of the format.
  public var format = RestoreRecord.knownFormat
  /// The restore's name.
  public var id: RestoreID
  /// What was asked for: the name of a service or a source.
  public var name: String
  /// The repository's id.
  public var repository: String
  /// When it was begun.
  public var begun: Timestamp
  /// When what was wanted was reached last; nil until then.
  public var ended: Timestamp?
  /// Until when what was replaced is meant to be kept; nil until it was replaced.
  public var expires: Timestamp?
  /// For how many seconds it is meant to be kept.
  public var keepSeconds: Int64
  /// What is wanted.
  public var intent = Intent.restore
  /// The sources, in the order in which they are restored.
  public var parts: [Part]
  /// Whether what uses the volumes or the trees runs; nil if nothing was to be stopped so far.
  public var use: Use?
  /// What was found to use the volumes, and is started again.
  public var workloads: [Workload]?
  /// What the configuration names to be stopped besides what uses the volumes' claims; nil if there is nothing.
  public var named: [Workload]?

  /// Whether a volume is among its parts.
  public var hasVolumes: Bool { parts.contains { $0.volume != nil } }

  /// Whether what uses the volumes is as it was before.
  var isInUse: Bool { (use ?? .running) == .running }

  /// Notes what was found to use the volumes, before it is stopped.
  ///
  /// What an earlier attempt stopped and didn't start again has no pods, so it isn't found again: it stays noted, with as many pods as it
  /// had.
  mutating func noteUsers(_ found: [Workload]) {
    let stopped = isInUse ? [] : workloads ?? []
    workloads = stopped + found.filter { new in !stopped.contains { $0.description == new.description } }
  }

  /// The claims of its volumes.
  var claims: [ClaimInUse] { parts.compactMap(\.volume?.claim) }

  /// Whether what is wanted is reached.
  public var isReached: Bool {
    guard isInUse else { return false }
    return switch intent {
    case .restore: parts.allSatisfy { $0.state == .exchanged }
    case .undo: parts.allSatisfy { $0.state == .undone || $0.state == .removed }
    case .forget: parts.allSatisfy { $0.state == .removed }
    }
  }

  /// Whether what is kept is meant to be kept no longer.
  public func isExpired(at now: Timestamp) -> Bool { expires.map { $0 <= now } ?? false }

  /// Whether anything is still kept on disk.
  public var keepsAnything: Bool { parts.contains { $0.state != .removed } }
}

extension RestoreRecord.Volume {
  init(_ live: LiveVolume, _ part: InPlacePlan.Part, _ names: (beside: VolumeName, kept: VolumeName)) {
    swap = VolumeSwap(
      live: live.name, beside: names.beside, kept: names.kept, old: live.uuid, new: nil, tags: live.tags)
    pool = live.pool
    making =
      part.snapshot.map { .snapshot($0.name, uuid: $0.volume.uuid) } ?? (part.writesDifference ? .difference : .archive)
    claim = live.claim
  }
}
