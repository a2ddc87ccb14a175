import BackupModel
import BackupRepository
import HostSystem
public import VolumeSnapshots

/// Restores the image of a volume into a new thin volume.
///
/// Until all of it is there, the new volume has the tags of a throwaway snapshot and a lease: a restore that fails or is killed leaves
/// no half volume under the name that was asked for.
public struct VolumeRestore: Sendable {
  private let host: VolumeHost
  private let restore: ImageRestore

  /// Prepares a restore.
  public init(_ request: ImageRestore.Request, on host: VolumeHost) {
    self.host = host
    restore = ImageRestore(request, clock: host.clock)
  }

  /// Makes the volume and restores into it. It is active when this returns.
  ///
  /// - Parameters:
  ///   - name: a name that isn't taken in its group.
  ///   - pool: the thin pool to make it in, of the same group.
  ///   - similar: a volume of the image's length of which a clone is made, so that only what differs is written; it isn't changed.
  ///   - marks: tags that it has from the instant on at which it is complete; without them it is nobody's, as any volume.
  /// - Throws: `VolumeError` `refused` if the name is taken, `notFound` if there is no such pool, `noSpace`, `poolUnhealthy`,
  ///   `toolFailed`; as ``ImageRestore/run(to:progress:cancellation:)``.
  public func run(
    to name: VolumeName, in pool: VolumeName, similar: (name: VolumeName, uuid: String)? = nil,
    marks: SnapshotTags? = nil,
    progress: RestoreProgress
  ) async throws -> ImageRestoreReport {
    let length = try await withBlockingWork { _ in try restore.length() }
    try await check(name, pool)
    let isEmpty = try await NewThinVolume.isZeroing(pool, host.tools)
    let lease = try await host.leases.acquire(.snapshot(name))
    let tags = SnapshotTags.throwaway(run: host.run, created: host.clock.now())
    do {
      if let similar {
        try await VolumeClone(tools: host.tools).make(name, of: similar.name, uuid: similar.uuid, tags: tags)
      } else {
        try await NewThinVolume(tools: host.tools, name: name, pool: pool).make(length: length, tags: tags)
      }
      let isClone = similar != nil
      let report = try await withBlockingWork { cancellation in
        let device = try OpenFile.open(PathBytes(path: name.devicePath), .updateDevice)
        return try restore.run(
          to: isClone
            ? .similarDevice(device, reading: try OpenFile.open(PathBytes(path: name.devicePath), .readOwn))
            : .device(device, isKnownEmpty: isEmpty), progress: progress,
          cancellation: cancellation)
      }
      guard report.isComplete else { throw differs(name, report) }
      let final = marks?.encoded ?? []
      let changes =
        final.filter { !tags.encoded.contains($0) }.flatMap { ["--addtag", $0] }
        + tags.encoded.filter { !final.contains($0) }.flatMap { ["--deltag", $0] }
      try await uncancelled {
        _ = try await host.tools.output(
          of: "lvchange", changes + [name.description], to: "hand over the restored volume \(name)")
        try await lease.release()
      }
      return report
    } catch {
      // The first error is the one to tell; if the half volume stays, its lease does too, and the next start removes it.
      try? await uncancelled {
        // As above.
        guard (try? await ThrowawaySnapshot(tools: host.tools, sleep: host.sleep).remove(name)) != nil else { return }
        try await lease.release()
      }
      throw error
    }
  }

  private func differs(_ name: VolumeName, _ report: ImageRestoreReport) -> EngineError {
    EngineError(
      .restoreFailed,
      "cannot restore to \(name): what was written differs from the point in \(report.comparison?.differing ?? 0) places",
      hint: "nothing is left of it; look at the kernel's messages (`dmesg`) for errors of the disk")
  }

  private func check(_ name: VolumeName, _ pool: VolumeName) async throws {
    let inventory = try await host.inventory()
    let found = try inventory.pool(pool)
    guard !inventory.takenNames.contains(name) else {
      throw VolumeError(
        .refused, "cannot restore to \(name): there is a volume of that name", hint: "choose a name that isn't taken")
    }
    let refusal = PoolVerdict(found, limits: host.thresholds)
      .refusal(of: name, in: found, limits: host.thresholds, removed: 0)
    if let refusal {
      throw VolumeError(
        refusal.code, "cannot restore to \(name): its pool takes nothing new", cause: refusal.message,
        hint: refusal.hint)
    }
  }

  private func uncancelled(_ body: @escaping @Sendable () async throws -> Void) async throws {
    try await Task { try await body() }.value
  }
}
