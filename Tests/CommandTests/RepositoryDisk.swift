import Foundation
import Glibc
import HostSystem

/// A small file system in memory, mounted in a test's directory for as long as a test needs it.
final class RepositoryDisk {
  /// Whether this process may mount: root, outside of a container that forbids it.
  static let isPossible: Bool = {
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("backupctl-\(UUID().uuidString)")
    // Where no directory can be made, no test runs anyway; a mount that fails is the answer that is asked for.
    try? FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    guard let disk = try? RepositoryDisk(at: place.path, mebibytes: 1) else { return false }
    disk.unmount()
    return true
  }()

  private let place: String
  private var isMounted = true

  /// Mounts an empty file system at a directory, which is made if it isn't there.
  init(at place: String, mebibytes: Int) throws {
    self.place = place
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    guard mount("tmpfs", place, "tmpfs", 0, "size=\(mebibytes)m") == 0 else {
      throw SystemError(call: "mount", errno: errno, path: place)
    }
  }

  deinit { unmount() }

  /// Makes the file system read-only, as the kernel does with one that has errors.
  func makeReadOnly() throws {
    guard mount("tmpfs", place, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0 else {
      throw SystemError(call: "mount", errno: errno, path: place)
    }
  }

  /// Takes the file system away with all it holds.
  func unmount() {
    guard isMounted else { return }
    isMounted = false
    _ = umount2(place, Int32(MNT_DETACH))
  }
}
