import BackupModel
import BackupRepository
import HostSystem
import VolumeSnapshots

/// Archives the files of a volume from a snapshot: a throwaway snapshot of the snapshot is opened, mounted and walked as a tree.
struct FilesOfVolume: Sendable {
  let host: VolumeHost
  let target: VolumeTarget
  let request: PointRequest

  /// Archives; the journal was replayed in the throwaway snapshot, so the point is as consistent as after a mount.
  ///
  /// - Throws: `VolumeError` `notMountable`, `wrongKey`; what the archive of a tree throws.
  func archive(_ snapshot: VolumeSnapshot, progress: ArchiveProgress) async throws -> RecoveryPoint {
    let leases = host.leases
    let token = target.volume.mapperName
    let systems = VolumeFileSystems(
      mappings: LUKSMappings(tools: host.tools, leases: leases),
      mounts: VolumeMounts(tools: host.tools, leases: leases, directory: "\(host.directory)/mounts"))
    try makeDirectory(host.directory)
    return try await ThrowawaySnapshot(tools: host.tools, sleep: host.sleep).with(
      of: snapshot.name, run: host.run, at: host.clock.now(), leases: leases
    ) { device in
      try await systems.withFileSystem(
        of: device, shown: target.volume.description, token: token, key: target.key
      ) { path in
        var request = TreeArchive.Request(request, path: PathBytes(path: path))
        request.point.consistency = target.hooks == nil ? .journal : .hook
        request.point.volume = RecoveryPoint.Volume(
          group: target.volume.group, name: target.volume.volume, mode: .files, claim: target.recordedClaim,
          encryption: try encryption(of: device))
        let tree = request
        return try await withBlockingWork { cancellation in
          try TreeArchive(tree, clock: host.clock).run(progress: progress, cancellation: cancellation)
        }
      }
    }
  }

  private func encryption(of device: String) throws -> RecoveryPoint.Volume.Encryption {
    switch try LUKSFinding.find(in: try OpenFile.open(PathBytes(path: device), .readOwn)) {
    case .header, .damaged: .opened
    case .none, .secondHeaderOnly: .none
    }
  }
}

/// Makes the directory of locks and mount points, for root only.
func makeDirectory(_ path: String) throws(SystemError) {
  guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
  let parent = try OpenFile.open(PathBytes(path: String(path[..<slash])), .directoryFollowing)
  do throws(SystemError) {
    try parent.makeDirectory(PathBytes(path: String(path[path.index(after: slash)...])), permissions: 0o700)
  } catch {
    guard error.isExisting else { throw error }
  }
}

extension VolumeTarget {
  /// The claim as a point keeps it.
  var recordedClaim: RecoveryPoint.Volume.Claim? {
    claim.map { RecoveryPoint.Volume.Claim(namespace: $0.namespace, name: $0.name) }
  }
}
