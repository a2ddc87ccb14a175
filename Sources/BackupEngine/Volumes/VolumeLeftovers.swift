import BackupModel
import HostSystem
public import VolumeSnapshots

/// Removes what a process that died left of its work on volumes, as its leases name it: each part by who made it.
struct VolumeLeftovers: Sendable {
  /// What became of a thing.
  enum Outcome {
    /// It is gone.
    case removed
    /// It was gone already.
    case absent
    /// Something else has its name; it was left alone.
    case notOurs
  }

  let host: VolumeHost

  /// Removes one thing. Does nothing if it is gone, or if something that isn't ours has its name now.
  ///
  /// - Parameter noted: what else the lease says.
  /// - Returns: whether something was removed, as far as that is known.
  /// - Throws: `VolumeError` if it is there and stays: the lease must stay too.
  func remove(_ thing: VolumeThing, noted: [String: String]) async throws -> Outcome {
    switch thing {
    case .snapshot, .activation, .suspension, .frozen:
      switch try await LeftoverRemoval(tools: host.tools, sleep: host.sleep).remove(thing) {
      case .removed: return .removed
      case .absent, .otherKind: return .absent
      case .notOurs: return .notOurs
      }
    case .mapping(let name, let device):
      try await LUKSMappings(tools: host.tools, leases: host.leases).removeLeftover(name: name, device: device)
    case .mount(let path, let device):
      try await VolumeMounts(tools: host.tools, leases: host.leases, directory: "\(host.directory)/mounts")
        .removeLeftover(path: path, device: device)
    case .metadataHold(let pool):
      try makeDirectory(host.directory)
      try await MetadataHolds(
        tools: host.tools, leases: host.leases, directory: PathBytes(path: host.directory), holder: host.holder
      ).removeLeftover(of: pool, noted: noted)
    }
    return .removed
  }
}

/// Takes no lease at all: for looking, where nothing may be made.
public struct RefusedLeases: VolumeLeasing {
  /// Makes it.
  public init() {}

  /// Refuses.
  ///
  /// - Throws: ``EngineError`` `refused`, always.
  public func acquire(_ thing: VolumeThing) async throws -> any VolumeLease {
    throw EngineError(.refused, "cannot make \(thing.leaseKind) \(thing.leaseSubject) without a journal")
  }
}
