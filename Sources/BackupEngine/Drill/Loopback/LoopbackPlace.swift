import BackupModel
import HostSystem
import VolumeSnapshots

/// The directory of a drill on a loop device: where everything is that the drill makes.
///
/// Only one drill uses it at a time. What a killed one left in it is known from the kernel and from the name of the volume group, which
/// is written down before the group is made.
struct LoopbackPlace: Sendable {
  /// The name of the directory below the scratch directory.
  static let name = "backupctl-drill-loopback"

  private let scratch: ScratchDirectory
  /// The absolute path.
  let path: String
  /// The volume group: a name that no other has on this host.
  let group: String

  var disk: String { "\(path)/disk" }
  var repository: String { "\(path)/repository" }
  var configuration: String { "\(path)/config.yaml" }
  var schedule: String { "\(path)/drill.yaml" }
  var lvmDirectory: String { "\(path)/lvm" }
  private var groupFile: String { "\(path)/group" }

  /// Takes the directory, without removing anything that is in it.
  ///
  /// - Parameter now: the present, of which the name of the group is made.
  /// - Throws: ``EngineError`` `targetUnusable` if it can't be used, `busy` if another drill uses it.
  init(in parent: PathBytes, at now: Timestamp) throws {
    do throws(SystemError) {
      let absolute = try OpenFile.open(parent, .directoryFollowing).resolvedPath()
      guard let text = String(validating: absolute + [0x2F] + Array(Self.name.utf8), as: UTF8.self) else {
        throw SystemError(call: "open", errno: 22, path: parent.displayedPath)
      }
      path = text
      scratch = try ScratchDirectory(taking: Self.name, in: absolute)
    } catch {
      throw EngineError(
        error.errno == ScratchDirectory.held ? .busy : .targetUnusable,
        "cannot use \(parent.displayedPath)/\(Self.name) for a drill: \(error.reason)", cause: error.cause,
        hint: error.errno == ScratchDirectory.held
          ? "another drill on a loop device uses it; wait for it, or give another place with `--scratch`"
          : "give another place with `--scratch`")
    }
    group = Self.groupName(in: path) ?? Self.newGroupName(path, now)
  }

  /// Letters and digits only: device-mapper doubles hyphens.
  private static func newGroupName(_ path: String, _ now: Timestamp) -> String {
    let digits = ChunkID(of: Array("\(path) \(now.seconds) \(now.nanoseconds)".utf8)).description
    return "bctldrill" + digits.prefix(8)
  }

  /// The name that the last drill wrote down; nil without one, or if it isn't one that a drill would choose.
  private static func groupName(in path: String) -> String? {
    // A file that isn't there or can't be read names no group; then nothing was made yet either.
    guard let bytes = try? OpenFile.open(PathBytes(path: "\(path)/group"), .readOwn).contents(at: 0, count: 64) else {
      return nil
    }
    let name = String(decoding: bytes, as: UTF8.self)
    let digits = name.dropFirst("bctldrill".count)
    guard name.hasPrefix("bctldrill"), digits.count == 8, digits.allSatisfy(\.isHexDigit) else { return nil }
    return name
  }

  /// Empties the directory and writes down the name of the group.
  ///
  /// Called only when nothing is mounted in it and no loop device has its files.
  /// - Throws: `SystemError`.
  func begin() throws(SystemError) {
    try scratch.empty()
    // The server of PostgreSQL, which isn't root, passes through; what is secret in it has permissions of its own.
    try OpenFile.open(PathBytes(path: path), .directory).setPermissions(0o711)
    try write(groupFile, group)
    try makeDirectory(lvmDirectory)
  }

  /// Removes the directory. What can't be removed is left to the next drill.
  func remove() { scratch.remove() }

  /// Makes a file below the directory.
  func write(_ path: String, _ text: String) throws(SystemError) {
    let file = try OpenFile.open(PathBytes(path: path), .newFile(permissions: 0o600))
    try file.write(Array(text.utf8))
    try file.synchronize()
    try file.close()
  }

  /// Makes a directory below the directory.
  func makeDirectory(_ path: String) throws(SystemError) {
    try OpenFile.open([0x2E], .directoryFollowing).makeDirectory(PathBytes(path: path), permissions: 0o700)
  }
}
