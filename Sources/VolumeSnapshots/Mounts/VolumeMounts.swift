import HostSystem

/// Mounts file systems of volumes, each at a mount point of its own and under a lease, and unmounts them again.
///
/// A file system is input from a guest, and the kernel's drivers aren't made for hostile ones: a crafted superblock or journal may stop or take
/// over the host ("mounting untrusted filesystems" isn't in the threat model of ext4's and XFS's maintainers). That is why images are the default,
/// which no driver parses, and why only ext2, ext3, ext4 and XFS are mounted, `nosuid,nodev,noexec`.
///
/// The mount is `ro` on a device that can be written: the driver replays the journal, which a crash-consistent snapshot needs, and writes nothing
/// else: no access times, no tables initialised in the background. Only throwaway snapshots may be mounted.
public struct VolumeMounts: Sendable {
  private let tools: any ToolRunning
  private let leases: any VolumeLeasing
  private let directory: String
  private let retry: BusyRetry
  private let kernel: KernelView
  private let timeLimit: Duration

  /// Prepares mounting.
  ///
  /// - Parameters:
  ///   - directory: where mount points are made; made itself if only it is missing.
  ///   - retry: how long unmounting is tried while something still uses the file system.
  ///   - timeLimit: how long mounting may take; a journal of a large file system on a slow disk takes minutes.
  public init(
    tools: any ToolRunning, leases: any VolumeLeasing, directory: String, retry: BusyRetry = BusyRetry(),
    kernel: KernelView = .host, timeLimit: Duration = .seconds(1800)
  ) {
    self.tools = tools
    self.leases = leases
    self.directory = directory
    self.retry = retry
    self.kernel = kernel
    self.timeLimit = timeLimit
  }

  /// Mounts a file system, uses it and unmounts it.
  ///
  /// Unmounting runs also when `use` throws or the task is cancelled. If it can't be unmounted, the lease stays for a later run.
  /// - Parameters:
  ///   - device: the node of a throwaway snapshot, or of its plaintext.
  ///   - shown: the volume's name, in messages.
  ///   - token: what makes the mount point unique on this host, such as the run and the volume.
  ///   - use: gets the path of the mount point, without symbolic links.
  /// - Throws: ``VolumeError`` `notMountable`; `busy` if it can't be unmounted; what `use` throws.
  public func withMount<Result: Sendable>(
    of device: String, shown: String, token: String, use: @Sendable (String) async throws -> Result
  ) async throws -> Result {
    let options = try Self.options(for: try signatures(of: device), shown)
    let parent = try mountPoints()
    let name = LeasedName.make(token: token)
    let path = "\(parent.path)/\(name)"
    return try await leases.with(
      .mount(path: path, device: device),
      make: {
        try parent.makeDirectory(Array(name.utf8), permissions: 0o700)
        try await mount(device, path, options, shown)
        return path
      },
      remove: { try await removeLeftover(path: path, device: device) },
      use: use)
  }

  private func signatures(of device: String) throws -> [FileSystemSignature] {
    try FileSystemSignature.all(in: try OpenFile.open(Array(device.utf8), .readOwn))
  }

  /// The type and the options for `mount`.
  private static func options(for found: [FileSystemSignature], _ shown: String) throws -> [String] {
    let common = "ro,nosuid,nodev,noexec,noatime"
    guard let signature = found.first, found.count == 1 else {
      let what = found.map(\.description).joined(separator: " and ")
      throw notMountable(shown, found.isEmpty ? "it has no file system that is known" : "it looks like \(what)")
    }
    switch signature {
    // What the superblock asks for in case of errors may be to stop the machine.
    case .ext: return ["-t", "ext4", "-o", common + ",errors=remount-ro"]
    // The volume that the snapshot was made of has the same UUID and is usually mounted.
    case .xfs: return ["-t", "xfs", "-o", common + ",nouuid"]
    case .luks: throw notMountable(shown, "it is encrypted", hint: "name its key in `luks:`, or set `mode: image`")
    case .btrfs, .swap, .physicalVolume, .partitionTable:
      throw notMountable(shown, "it has \(signature), of which no files are read")
    }
  }

  /// The directory of the mount points, opened, with a path as the kernel's mount table has it.
  private func mountPoints() throws -> OpenFile {
    let path = Array(directory.utf8)
    if let slash = path.lastIndex(of: UInt8(ascii: "/")), slash > 0, slash < path.count - 1 {
      let above = try OpenFile.open(Array(path[..<slash]), .directoryFollowing)
      do {
        try above.makeDirectory(Array(path[(slash + 1)...]), permissions: 0o700)
      } catch let error where error.isExisting {
        // The usual case.
      }
    }
    let opened = try OpenFile.open(path, .directoryFollowing)
    let resolved = try opened.resolvedPath()
    return try OpenFile.open(resolved, .directory)
  }

  private func mount(_ device: String, _ path: String, _ options: [String], _ shown: String) async throws {
    // No helper programs (-i): the type is one of the kernel's own.
    let arguments = ["-i"] + options + ["--", device, path]
    let result: ChildResult
    do {
      result = try await tools.run("mount", arguments, input: [], timeLimit: timeLimit)
    } catch let error as ChildError where error.code == .timedOut {
      throw Self.notMountable(
        shown, "replaying its journal took longer than \(timeLimit.inSeconds) s", cause: error.message)
    }
    let cause = result.lastWords.suffix(3).joined(separator: " | ")
    // mount(8), "EXIT STATUS": 32 is a failure of mounting; others are about the program and its caller.
    guard result.isSuccess else {
      guard result.end == .exited(32) else {
        throw VolumeError(.toolFailed, "cannot mount \(shown): mount \(result.end)", cause: cause)
      }
      throw Self.notMountable(shown, "the kernel refuses its file system", cause: cause)
    }
    guard try mounted(at: path) == [try kernel.deviceNumber(device)] else {
      throw VolumeError(
        .refused, "cannot mount \(shown): something else than \(device) is mounted at \(path)",
        hint: "look with `findmnt \(path)`")
    }
  }

  private static func notMountable(
    _ shown: String, _ why: String, cause: String? = nil,
    hint: String = "set `mode: image` for it, which needs no mount; `dmesg | tail` may have the kernel's reason"
  ) -> VolumeError {
    VolumeError(.notMountable, "cannot mount \(shown): \(why)", cause: cause, hint: hint)
  }

  /// The devices that are mounted at exactly this path, the hidden ones too.
  private func mounted(at path: String) throws -> [DeviceNumber?] {
    try kernel.mounts().mounts.filter { $0.mountPoint.elementsEqual(path.utf8) }.map { mount in
      let parts = mount.device.split(separator: ":").map { UInt32($0) }
      guard parts.count == 2, let major = parts[0], let minor = parts[1] else { return nil }
      return DeviceNumber(major: major, minor: minor)
    }
  }

  /// Unmounts a mount of ours that may have been left, and removes its mount point; does nothing if neither is there.
  ///
  /// Unmounts only what is mounted from this very device, as often as it is, never lazily: a lazy unmount would leave the device in use where nobody sees it.
  /// A `mount` that outlived its parent and is still replaying a journal is waited for.
  /// - Throws: ``VolumeError`` `refused` if something else is mounted there, or files are in the mount point itself; `busy` if it stays in use.
  public func removeLeftover(path: String, device: String) async throws {
    try await retry.untilNone("unmount \(path)", hint: "look with `pgrep -fa \(path)`") {
      try kernel.processes("mount", path).map { "process \($0) is still mounting it" }
    }
    try await retry.untilNone("unmount \(path)", hint: "look with `fuser -vm \(path)`") {
      let mounted = try mounted(at: path)
      guard !mounted.isEmpty else { return nil }
      let number = try kernel.deviceNumber(device)
      guard mounted.allSatisfy({ $0 == number }) else {
        throw VolumeError(
          .refused, "cannot unmount \(path): what is mounted there is not \(device)",
          hint: "look with `findmnt \(path)`; what isn't ours is left alone")
      }
      let result = try await tools.run("umount", ["-i", "--", path], input: [], timeLimit: timeLimit)
      guard !result.isSuccess else { return try self.mounted(at: path).isEmpty ? nil : "it was mounted twice" }
      return result.lastWords.last ?? "umount \(result.end)"
    }
    try removeMountPoint(path)
  }

  private func removeMountPoint(_ path: String) throws {
    let bytes = Array(path.utf8)
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")), slash > 0, slash < bytes.count - 1 else {
      throw VolumeError(.refused, "cannot remove the mount point \(path): it is not a path below a directory")
    }
    do {
      let parent = try OpenFile.open(Array(bytes[..<slash]), .directoryFollowing)
      try parent.removeDirectory(Array(bytes[(slash + 1)...]))
    } catch {
      if error.isMissing { return }
      guard error.isNotEmpty else { throw error }
      throw VolumeError(
        .refused, "cannot remove the mount point \(path): there are files in it", cause: error.cause,
        hint: "look with `ls -la \(path)`; nothing is mounted there any more")
    }
  }
}
