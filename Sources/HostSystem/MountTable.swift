/// The mounts of this process, as `/proc/self/mountinfo` lists them (`man 5 proc_pid_mountinfo`).
public struct MountTable: Sendable {
  /// One mount.
  public struct Mount: Sendable, Hashable {
    /// `major:minor` of the file system's device.
    public var device: String
    /// The directory of the file system that is mounted; `/` unless it is a bind mount of a part.
    public var root: PathBytes
    /// Where it is mounted.
    public var mountPoint: PathBytes
    /// The type of the file system, such as `ext4`.
    public var fileSystem: String
  }

  /// The mounts, in the order in which they were made.
  public let mounts: [Mount]

  /// Reads the table of this process.
  ///
  /// - Throws: ``SystemError`` if `/proc` isn't mounted.
  public static func current() throws(SystemError) -> MountTable {
    let file = try OpenFile.open(Array("/proc/self/mountinfo".utf8), .readOwn)
    var text: [UInt8] = []
    // A file of /proc has no size: read until nothing comes.
    while try file.read(at: Int64(text.count), count: 65_536, appendingTo: &text) > 0 {}
    return MountTable(parsing: text)
  }

  /// Parses the text of `mountinfo`; lines that aren't of its form are left out.
  public init(parsing text: [UInt8]) {
    mounts = text.split(separator: 0x0A).compactMap { line in
      let fields = line.split(separator: 0x20)
      guard fields.count >= 10, let dash = fields[6...].firstIndex(where: { $0.elementsEqual([0x2D]) }),
        dash + 1 < fields.count
      else { return nil }
      return Mount(
        device: String(decoding: fields[2], as: UTF8.self), root: unescapedKernelText(fields[3]),
        mountPoint: unescapedKernelText(fields[4]), fileSystem: String(decoding: fields[dash + 1], as: UTF8.self))
    }
  }

  /// The mount that holds an absolute path without symbolic links; of several at the same place the last one, which hides the others.
  public func mount(holding path: PathBytes) -> Mount? {
    mounts.enumerated().filter { Self.rest(of: path, below: $0.element.mountPoint) != nil }
      .max { ($0.element.mountPoint.count, $0.offset) < ($1.element.mountPoint.count, $1.offset) }?.element
  }

  /// The path of the same directory outside of a bind mount: `/mnt/main/photos`, bound from `/srv/nfs/photos`, gives the latter.
  ///
  /// A path that isn't in a bind mount, or whose file system isn't mounted as a whole, stays as it is.
  public func withoutBindMount(_ path: PathBytes) -> PathBytes {
    guard let mount = mount(holding: path), mount.root != [0x2F],
      let below = Self.rest(of: path, below: mount.mountPoint),
      let whole = mounts.last(where: { $0.device == mount.device && $0.root == [0x2F] })
    else { return path }
    let base = whole.mountPoint == [0x2F] ? [] : whole.mountPoint
    return base + mount.root + (below.isEmpty ? [] : [0x2F] + below)
  }

  /// What follows a directory in a path, without a slash in front; nil if the path isn't below it.
  private static func rest(of path: PathBytes, below directory: PathBytes) -> PathBytes? {
    if directory == [0x2F] { return Array(path.dropFirst()) }
    guard path.starts(with: directory) else { return nil }
    if path.count == directory.count { return [] }
    return path[directory.count] == 0x2F ? Array(path[(directory.count + 1)...]) : nil
  }
}
