import BackupModel
import Foundation
import HostSystem
import Testing

@testable import VolumeSnapshots

/// A volume group with a thin pool on a loop device over a sparse file, removed at the end of the test.
struct RealPool {
  /// Whether this host can have one: root, a kernel with thin provisioning, and somebody who wants it.
  static var isWanted: Bool { ProcessInfo.processInfo.environment["BACKUPCTL_REAL_POOL"] == "1" }
  static let reason: Comment =
    "needs root and a kernel with dm-thin: set BACKUPCTL_REAL_POOL=1 where those are, such as in the guest"

  let group: String
  let tools = HostTools()
  let leases = TestLeases()
  private let directory: URL
  private let loop: String

  /// Makes a pool `po-ol` of some MiB, with thin volumes of 40 MiB each, and removes all when `body` has ended.
  static func with(
    volumes: [String] = ["vm-1.a", "vm-1-b"], mebibytes: Int = 64, _ body: @Sendable (RealPool) async throws -> Void
  ) async throws {
    let id = UUID().uuidString.prefix(8).lowercased()
    let directory = FileManager.default.temporaryDirectory.appending(path: "real-pool-\(id)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let tools = HostTools()
    func run(_ words: String...) async throws -> String {
      let output = try await tools.output(of: words[0], Array(words.dropFirst()), to: "prepare the test")
      return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
    let file = directory.appending(path: "disk").path
    _ = try await run("truncate", "-s", "\(mebibytes + 64)M", file)
    let loop = try await run("losetup", "--find", "--show", file)
    let pool = RealPool(group: "t-\(id)", directory: directory, loop: loop)
    do {
      _ = try await run("vgcreate", "--quiet", "--physicalextentsize", "1M", pool.group, loop)
      _ = try await run(
        "lvcreate", "--quiet", "--yes", "--type", "thin-pool", "--size", "\(mebibytes)M", "--poolmetadatasize", "4M",
        "--chunksize", "64K", "--zero", "y", "--name", "po-ol", pool.group)
      for name in volumes {
        _ = try await run(
          "lvcreate", "--quiet", "--yes", "--virtualsize", "40M", "--thinpool", "po-ol", "--name", name, pool.group)
      }
      try await body(pool)
    } catch {
      try await pool.remove()
      throw error
    }
    try await pool.remove()
  }

  private func remove() async throws {
    // What was suspended by a test that failed would hold everything that follows.
    for device in try await lines("dmsetup", "info", "-c", "--noheadings", "-o", "name,suspended", "--separator", ":") {
      let parts = device.split(separator: ":")
      if parts.count == 2, parts[1] == "Suspended", parts[0].hasPrefix(group.replacing("-", with: "--")) {
        _ = try await tools.run("dmsetup", ["resume", String(parts[0])], input: [], timeLimit: .seconds(60))
      }
    }
    _ = try await tools.run("vgremove", ["--force", "--yes", "--quiet", group], input: [], timeLimit: .seconds(120))
    _ = try await tools.run("losetup", ["--detach", loop], input: [], timeLimit: .seconds(60))
    try FileManager.default.removeItem(at: directory)
  }

  func lines(_ words: String...) async throws -> [String] {
    let output = try await tools.output(of: words[0], Array(words.dropFirst()), to: "look for the test")
    return String(decoding: output, as: UTF8.self).split(separator: "\n").map {
      $0.trimmingCharacters(in: .whitespaces)
    }
  }

  func name(_ volume: String) throws -> VolumeName { try #require(VolumeName(group: group, volume: volume)) }
  /// What there is of this pool's group; other tests have groups of their own at the same time.
  func inventory() async throws -> VolumeInventory {
    let all = try await InventoryReader(tools: tools).read()
    return VolumeInventory(
      groups: all.groups.filter { $0.name == group }, pools: all.pools.filter { $0.name.group == group },
      volumes: all.volumes.filter { $0.name.group == group })
  }

  @Sendable static func sleep(_ duration: Duration) async throws { try await Task.sleep(for: duration) }

  func take(_ volumes: [String], hooks: FreezeHooks? = nil, limits: PoolLimits = PoolLimits()) async throws
    -> TakenSnapshots
  {
    let taking = SnapshotTaking(tools: tools, leases: leases, clock: SystemClock(), sleep: Self.sleep)
    let request = SnapshotRequest(
      try volumes.map { try name($0) }, run: "r 1", schedule: "weekly", limits: limits, hooks: hooks,
      suspensionLimit: .seconds(120))
    return try await taking.take(request) { inventory in
      SnapshotRetentionPlan(of: inventory.snapshots, now: SystemClock().now()) { _ in [:] }
    }
  }

  /// Writes bytes at an offset of a device, past the page cache.
  func write(_ text: String, to device: String, at offset: Int64 = 0) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: device))
    try handle.seek(toOffset: UInt64(offset))
    try handle.write(contentsOf: Data(text.utf8))
    try handle.synchronize()
    try handle.close()
  }

  /// Reads bytes at an offset of a snapshot, which is active only meanwhile.
  func read(_ snapshot: VolumeSnapshot, _ count: Int, at offset: Int64 = 0) async throws -> [UInt8] {
    try await SnapshotActivation(tools: tools, sleep: Self.sleep).with(snapshot, leases: leases) { device in
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: device))
      try handle.seek(toOffset: UInt64(offset))
      let bytes = try handle.read(upToCount: count)
      try handle.close()
      return Array(bytes ?? Data())
    }
  }
}
