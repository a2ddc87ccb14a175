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
  private let image: String?
  private var isMounted = true

  /// Mounts an empty file system at a directory, which is made if it isn't there.
  init(at place: String, mebibytes: Int) throws {
    self.place = place
    image = nil
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    guard mount("tmpfs", place, "tmpfs", 0, "size=\(mebibytes)m") == 0 else {
      throw SystemError(call: "mount", errno: errno, path: place)
    }
  }

  /// Makes a file system in a file beside a directory, and mounts it there by a loop device, as a real small disk.
  init(ext4At place: String, mebibytes: Int) throws {
    self.place = place
    image = place + ".img"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try Self.run("truncate", "-s", "\(mebibytes)M", place + ".img")
    try Self.run("mkfs.ext4", "-q", "-m", "0", place + ".img")
    try Self.run("mount", "-o", "loop", place + ".img", place)
  }

  /// Whether loop devices can be mounted, and `mkfs.ext4` is installed.
  static let isExt4Possible: Bool = {
    guard isPossible else { return false }
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("backupctl-\(UUID().uuidString)").path
    defer {
      for path in [place, place + ".img"] {
        // What isn't there needn't go.
        try? FileManager.default.removeItem(atPath: path)
      }
    }
    // An error is the answer that is asked for.
    guard let disk = try? RepositoryDisk(ext4At: place, mebibytes: 2) else { return false }
    disk.unmount()
    return true
  }()

  private static func run(_ words: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw SystemError(call: words[0], errno: EIO, path: words.last ?? "") }
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
    // The loop device goes with its mount; the directory of the test is removed anyway.
    if let image { try? FileManager.default.removeItem(atPath: image) }
  }
}
