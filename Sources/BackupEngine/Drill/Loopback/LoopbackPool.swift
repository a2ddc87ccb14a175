import BackupModel
import HostSystem
import VolumeSnapshots

/// A volume group with a thin pool on a loop device, made for a drill.
///
/// Programs of LVM that get ``environment`` see this one group only, whatever else the host has; that of the host need no change.
/// Nothing activates the group by itself.
struct LoopbackPool: Sendable {
  /// The name of the thin pool.
  static let pool = "pool"
  private static let metadata = ByteCount.mebibytes(4)
  /// What LVM needs of the disk besides, for its own.
  private static let overhead = ByteCount.mebibytes(8)

  let place: LoopbackPlace
  /// Bytes of the pool's data.
  let size: ByteCount

  /// What programs of LVM get to know.
  var environment: [String: String] {
    var variables = ["LVM_SYSTEM_DIR": place.lvmDirectory]
    if !Self.hasUdev { variables["DM_DISABLE_UDEV"] = "1" }
    return variables
  }
  /// The programs of this host, with the drill's own configuration of LVM.
  var tools: HostTools { HostTools(environment: environment) }

  /// The name of a volume of the group.
  func volume(_ name: String) -> VolumeName {
    guard let volume = VolumeName(group: place.group, volume: name) else { preconditionFailure("\(name) isn't a name") }
    return volume
  }

  private static var hasUdev: Bool {
    // Whatever is the cause that it can't be looked at: then device nodes are made without it.
    (try? OpenFile.open(PathBytes(path: "/run/udev"), .directory).status(of: PathBytes(path: "control"))) != nil
  }

  // MARK: - Whether there can be one

  /// Makes sure that this host can have a thin pool.
  ///
  /// - Throws: ``EngineError`` `refused`; `ChildError` for a program that isn't installed.
  static func requireHost() async throws {
    guard ProcessStatus.isRoot else {
      throw EngineError(
        .refused, "cannot drill on a loop device: only root can make a volume group",
        hint: "`sudo backupctl drill --loopback`, or drill sources: `backupctl drill NAME`")
    }
    let tools = HostTools()
    for program in ["losetup", "vgcreate", "lvcreate", "thin_check", "mkfs.ext4", "e2fsck", "mount"] {
      do {
        _ = try await tools.run(program, ["--version"], input: [], timeLimit: .seconds(20))
      } catch let error as ChildError where error.code == .notStarted {
        throw ChildError(
          .notStarted, "cannot drill on a loop device: there is no \(program)", cause: error.cause,
          hint: "`apt-get install lvm2 thin-provisioning-tools e2fsprogs util-linux`")
      }
    }
    if try await hasThinTarget(tools) { return }
    // Its end tells nothing that the next look doesn't.
    _ = try? await tools.run("modprobe", ["dm_thin_pool"], input: [], timeLimit: .seconds(20))
    guard try await hasThinTarget(tools) else {
      throw EngineError(
        .refused, "cannot drill on a loop device: this kernel has no thin provisioning",
        cause: "`dmsetup targets` lists no thin-pool",
        hint: "run it where `modprobe dm_thin_pool` succeeds: a host, or a virtual machine; not in a container")
    }
  }

  private static func hasThinTarget(_ tools: HostTools) async throws -> Bool {
    let result = try await tools.run("dmsetup", ["targets"], input: [], timeLimit: .seconds(20))
    return String(decoding: result.output, as: UTF8.self).contains("thin-pool")
  }

  // MARK: - Making it

  /// Makes the disk, the group and the pool.
  ///
  /// - Throws: `VolumeError`; `ChildError`; `SystemError` if there is no room for the disk.
  func make() async throws {
    let file = try OpenFile.open(PathBytes(path: place.disk), .newFile(permissions: 0o600))
    // LVM keeps room beside it to repair the metadata.
    try file.setSize(size.bytes + 2 * Self.metadata.bytes + Self.overhead.bytes)
    try file.close()
    let answer = try await tools.output(
      of: "losetup", ["--find", "--show", place.disk], to: "make a loop device of \(place.disk)")
    let device = String(decoding: answer, as: UTF8.self).filter { !$0.isWhitespace }
    try configure(only: device)
    _ = try await tools.output(
      of: "vgcreate", ["--quiet", "--setautoactivation", "n", "--physicalextentsize", "64k", place.group, device],
      to: "make the volume group of the drill")
    _ = try await tools.output(
      of: "lvcreate",
      [
        "--quiet", "--type", "thin-pool", "--name", Self.pool, "--size", "\(size.bytes)b", "--chunksize", "64k",
        "--poolmetadatasize", "\(Self.metadata.bytes)b", place.group,
      ], to: "make the thin pool of the drill")
  }

  /// Makes a thin volume.
  func makeVolume(_ name: String, _ size: ByteCount) async throws -> VolumeName {
    let volume = volume(name)
    try await NewThinVolume(tools: tools, name: volume, pool: self.volume(Self.pool)).make(length: size)
    return volume
  }

  private func configure(only device: String) throws(SystemError) {
    let udev = Self.hasUdev ? 1 : 0
    let text = """
      devices { use_devicesfile = 0 scan = [ "/dev" ] filter = [ "a|^\(device)$|", "r|.*|" ] }
      activation { udev_sync = \(udev) udev_rules = \(udev) monitoring = 0 }
      backup { archive = 0 }

      """
    try OpenFile.open(PathBytes(path: place.lvmDirectory), .directory)
      .replaceFile(PathBytes(path: "lvm.conf"), with: Array(text.utf8), permissions: 0o600)
  }

  // MARK: - Removing it

  /// Removes everything that there is of the group and the directory: mounts, volumes, device-mapper devices, the loop device.
  ///
  /// From what the kernel says, so that it makes no difference whether the drill that made it ended, failed or was killed.
  /// - Throws: ``EngineError`` `refused` with what is still there; `VolumeError`; `ChildError`.
  func remove(sleep: @escaping @Sendable (Duration) async throws -> Void) async throws {
    try await unmount(sleep)
    if let device = try await loopDevice() {
      if try await isConfigured(for: device) {
        // What LVM can't remove is removed without it.
        _ = try await tools.run(
          "vgremove", ["--quiet", "--force", "--force", "--yes", place.group], input: [], timeLimit: .seconds(120))
      }
      try await removeDevices()
      _ = try await tools.output(of: "losetup", ["--detach", device], to: "remove the loop device \(device)")
    }
    let left = try await left()
    guard left.isEmpty else {
      throw EngineError(
        .refused, "cannot remove what the drill made: \(left.joined(separator: ", "))",
        hint: "see what uses it with `fuser -vm \(place.path)` and `lsblk`, then `backupctl drill --loopback` "
          + "removes it first")
    }
  }

  /// Everything of the drill that the kernel has.
  func left() async throws -> [String] {
    let mounts = try mountPoints().map { "the mount \($0)" }
    let devices = try await deviceNames().map { "the device \($0)" }
    let loop = try await loopDevice().map { ["the loop device \($0)"] } ?? []
    return mounts + devices + loop
  }

  private func isConfigured(for device: String) async throws -> Bool {
    do throws(SystemError) {
      try configure(only: device)
      return true
    } catch {
      // Without its directory nothing of LVM was made.
      guard error.isMissing else { throw error }
      return false
    }
  }

  private func unmount(_ sleep: @escaping @Sendable (Duration) async throws -> Void) async throws {
    for point in try mountPoints() {
      try await LoopbackPostgres.stopServer(of: "\(point)/\(LoopbackPostgres.directoryName)", tools)
      for attempt in 1...20 {
        let result = try await tools.run("umount", [point], input: [], timeLimit: .seconds(60))
        if result.isSuccess || attempt == 20 { break }
        try await sleep(.milliseconds(500))
      }
    }
  }

  /// Where something is mounted in the directory, the innermost first.
  private func mountPoints() throws(SystemError) -> [String] {
    try MountTable.current().mounts.map(\.mountPoint).filter { isPath($0, atOrBelow: PathBytes(path: place.path)) }
      .compactMap { String(validating: $0, as: UTF8.self) }.reversed()
  }

  private func loopDevice() async throws -> String? {
    // A file that isn't there has none.
    guard (try? OpenFile.open(PathBytes(path: place.disk), .readOwn)) != nil else { return nil }
    let answer = try await tools.output(
      of: "losetup", ["--noheadings", "--output", "NAME", "--associated", place.disk],
      to: "see which loop device has \(place.disk)")
    return String(decoding: answer, as: UTF8.self).split(separator: "\n").first.map { $0.filter { !$0.isWhitespace } }
  }

  private func deviceNames() async throws -> [String] {
    try await MappedDevices.names(tools, to: "see which devices the drill has").filter {
      $0.hasPrefix("\(place.group)-")
    }
  }

  /// Those on top of others first, which only trying tells.
  private func removeDevices() async throws {
    var count = Int.max
    while case let names = try await deviceNames(), !names.isEmpty, names.count < count {
      count = names.count
      for name in names {
        // One that is used by another goes in the next round.
        _ = try await tools.run("dmsetup", ["remove", "--retry", name], input: [], timeLimit: .seconds(60))
      }
    }
  }
}
