import HostSystem
import VolumeSnapshots

/// Where the image of a volume was restored to.
struct ScratchImage: Sendable, Hashable {
  /// The file, or the device.
  let path: PathBytes
  /// Whether it is a block device.
  let isDevice: Bool
}

/// Mounts the file system of a restored image, writable, where only the programs of probes see it.
///
/// A file system is input from a guest, and the kernel's drivers aren't made for hostile ones: only someone who was asked to looks inside,
/// and only where the file system's own checker found nothing.
///
/// A process of its own holds the mount in a namespace of mounts and processes, and reads from a pipe of which this process alone has the
/// other end. When that is closed, by a kill too, the kernel ends that process, with it all programs that were run there, and with them the
/// mount: nothing is left that anyone would have to unmount.
struct ImageMount: Sendable {
  /// A mounted file system.
  struct Mounted: Sendable {
    /// The directory, as programs run by ``isolation`` see it.
    let directory: PathBytes
    /// What comes before that path for this process.
    let root: PathBytes
    /// Runs programs where the mount is.
    let isolation: Isolation

    /// The directory as this process sees it.
    var seenByUs: PathBytes { root + directory }
  }

  /// How long mounting may take: a journal of a large file system on a slow disk takes minutes.
  private static let timeLimit = Duration.seconds(1800)
  private static let options = "rw,nosuid,nodev,noexec,noatime"

  private let image: ScratchImage
  private let file: String
  private let signature: FileSystemSignature
  private let words: [String]
  private let workspace: PathBytes
  private let isolation: Isolation
  /// What should be known of how it is looked at.
  let notes: [String]

  /// Finds out how an image is mounted.
  ///
  /// - Parameter checked: what the probe of file systems found.
  /// - Returns: nil for an image without a file system that could be mounted as it is: empty, encrypted, or with partitions.
  /// - Throws: `Isolation.Obstacle` if it can't or mustn't be mounted; `SystemError` if it can't be read.
  init?(of image: ScratchImage, checked: ProbeReport, in data: RestoredData) throws {
    guard checked.findings.isEmpty else {
      throw Isolation.Obstacle(why: "its file system isn't as it should be, so that it isn't mounted")
    }
    if let obstacle = checked.obstacles.first {
      throw Isolation.Obstacle(
        why: "its file system couldn't be examined before it is mounted", isToolMissing: obstacle.isToolMissing)
    }
    let found = try FileSystemSignature.all(in: try OpenFile.open(image.path, .readOwn))
    switch found.first {
    // What the superblock asks for in case of errors may be to stop the machine.
    case .ext: words = ["-t", "ext4", "-o", "\(Self.options),errors=remount-ro"]
    // The volume that the point was made of has the same UUID and may be mounted.
    case .xfs: words = ["-t", "xfs", "-o", "\(Self.options),nouuid"]
    case .btrfs: words = ["-t", "btrfs", "-o", Self.options]
    case .luks, .swap, .physicalVolume, .partitionTable, nil: return nil
    }
    guard let signature = found.first, found.count == 1 else { return nil }
    guard ProcessStatus.isRoot else { throw Isolation.Obstacle(why: "only root can mount its file system") }
    if let shortfall = data.isolation.shortfall {
      throw Isolation.Obstacle(why: "its file system can't be mounted where only probes see it: \(shortfall)")
    }
    guard let file = String(validating: image.path, as: UTF8.self) else {
      throw Isolation.Obstacle(why: "its path isn't UTF-8, so no program can be given it")
    }
    self.image = image
    self.file = file
    self.signature = signature
    workspace = data.workspace
    isolation = data.isolation
    notes =
      signature == .btrfs
      ? ["\(ImageArchive.fileName): looked into as of the last commit of Btrfs, without its log of later fsync calls"]
      : []
  }

  /// Mounts it, uses it and unmounts it.
  ///
  /// - Throws: `Isolation.Obstacle` if it can't be mounted; `SystemError`; `CancellationError`; what `use` throws.
  func with<Result: Sendable>(_ use: @Sendable (Mounted) async throws -> Result) async throws -> Result {
    if signature == .btrfs { try await renew() }
    let directory = try makeMountPoint()
    guard let mountPoint = String(validating: directory, as: UTF8.self) else {
      throw Isolation.Obstacle(why: "its path isn't UTF-8, so no program can be given it")
    }
    let (reading, writing) = try OpenFile.pipe()
    let (lines, said) = AsyncStream.makeStream(of: String.self)
    let command = holder(mountPoint)
    async let holding = Self.hold(command, reading, said)
    var iterator = lines.makeAsyncIterator()
    guard let process = await iterator.next().flatMap({ Int32($0) }), await iterator.next() != nil else {
      // Its error would say nothing: nothing was written through this end.
      try? writing.close()
      let result = try await holding
      throw Isolation.Obstacle(
        why: "its file system can't be mounted: \(result.lastWords.last ?? "mount \(result.end)")")
    }
    let mounted = Mounted(
      directory: directory, root: PathBytes(path: "/proc/\(process)/root"), isolation: isolation.inside(process))
    let outcome: Swift.Result<Result, any Error>
    do {
      try requireMounted(mounted)
      outcome = .success(try await use(mounted))
    } catch {
      outcome = .failure(error)
    }
    // As above. This ends the holder, and waiting for its end is waiting for the file system to be unmounted.
    try? writing.close()
    do {
      _ = try await holding
    } catch {
      if case .failure(let first) = outcome { throw first }
      throw error
    }
    return try outcome.get()
  }

  /// What makes the mount, says its number and that it is made, and ends when nobody holds the other end of its input any more.
  private func holder(_ mountPoint: String) -> ChildCommand {
    let mount = ["-i"] + words + (image.isDevice ? [] : ["-o", "loop"]) + ["--", file, mountPoint]
    var command = ChildCommand(
      "sh",
      ["-c", "echo $$ && exec \"$@\"", "sh", "unshare"] + Isolation.namespacesOfMounts + ["--"]
        + ["sh", "-c", "timeout \(Self.timeLimit.components.seconds) mount \"$@\" && echo mounted && exec cat", "sh"]
        + mount)
    command.environment = ["LC_ALL": "C"]
    command.stopGrace = .seconds(2)
    return command
  }

  private static func hold(
    _ command: ChildCommand, _ reading: OpenFile, _ said: AsyncStream<String>.Continuation
  ) async throws -> ChildResult {
    defer { said.finish() }
    return try await command.run(reading: reading) { said.yield(String(decoding: $0, as: UTF8.self)) }
  }

  /// The directory, with a path that means the same in the other namespace.
  private func makeMountPoint() throws(SystemError) -> PathBytes {
    let name = PathBytes(path: "files")
    let directory = try OpenFile.open(workspace, .directory)
    try directory.makeDirectory(name, permissions: 0o700)
    return try directory.resolvedPath() + [0x2F] + name
  }

  /// An empty directory would pass every probe.
  private func requireMounted(_ mounted: Mounted) throws {
    let ours = try OpenFile.open(mounted.directory, .directory).status()
    let theirs = try OpenFile.open(mounted.seenByUs, .directory).status()
    guard ours.device != theirs.device else {
      throw Isolation.Obstacle(why: "its file system was mounted, but can't be seen")
    }
  }

  /// Gives Btrfs another identity: the kernel finds its devices by that, and would otherwise take the live volume for the copy.
  ///
  /// The log of `fsync` doesn't survive that (btrfs-progs 6.2 counts the generation on, so that the kernel then refuses the log).
  private func renew() async throws {
    for (program, arguments) in [("btrfs", ["rescue", "zero-log"]), ("btrfstune", ["-f", "-m"])] {
      let result = try await isolation.run(
        [Isolation.path(ofSystemProgram: program)] + arguments + [file], limit: Self.timeLimit)
      guard result.isSuccess else {
        let words = result.lastWords.last ?? "\(result.end)"
        throw Isolation.Obstacle(why: "it can't be given another identity before it is mounted: \(program) \(words)")
      }
    }
  }
}
