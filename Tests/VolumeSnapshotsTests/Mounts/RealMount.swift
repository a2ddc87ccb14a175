import HostSystem
import Testing

@testable import VolumeSnapshots

/// A loop device on an image, detached at the end of `withLoop`.
enum RealMount {
  static let isPossible =
    ProcessStatus.isRoot && ["losetup", "mount", "mke2fs"].allSatisfy { OpeningScratch.has($0) } && hasLoopDevices
  static let reason: Comment = "needs root, losetup, mount, mke2fs and loop devices"
  static let hasXFS = OpeningScratch.has("mkfs.xfs")

  private static var hasLoopDevices: Bool {
    (try? OpenFile.open(Array("/dev/loop-control".utf8), .readOwn)) != nil  // Not there: nothing to test with.
  }

  static func withLoop<Result>(_ image: String, _ body: (String) async throws -> Result) async throws -> Result {
    let device = try await OpeningScratch.run("losetup", "--find", "--show", image)
      .split(separator: "\n").first.map(String.init)
    let found = try #require(device)
    do {
      let result = try await body(found)
      _ = try await OpeningScratch.run("losetup", "--detach", found)
      return result
    } catch {
      _ = try await OpeningScratch.run("losetup", "--detach", found)
      throw error
    }
  }

  /// Makes a file system of 64 MiB (XFS: 320 MiB, which is its least) in an image.
  static func make(_ type: String, _ image: String) async throws {
    _ = try await OpeningScratch.run(
      type == "xfs" ? ["mkfs.xfs", "-q", image] : ["mke2fs", "-q", "-F", "-t", type, image])
  }

  static func mebibytes(_ type: String) -> Int { type == "xfs" ? 320 : 64 }

  /// Writes files, each synchronised, and copies the image while it is mounted, as a snapshot does: the copy's journal has to be replayed.
  static func makeDirty(_ type: String, _ scratch: OpeningScratch) async throws -> String {
    let image = try scratch.image("live", mebibytes: mebibytes(type))
    let copy = "\(scratch.path)/snapshot"
    try await make(type, image)
    try await withLoop(image) { device in
      _ = try await OpeningScratch.run("mkdir", "\(scratch.path)/live-mount")
      _ = try await OpeningScratch.run("mount", "-t", type, device, "\(scratch.path)/live-mount")
      _ = try await OpeningScratch.run(
        "/bin/sh", "-c",
        """
        cd "$1/live-mount" && sync
        for i in 1 2 3 4 5 6 7 8; do echo "content $i" > "file $i"; sync "file $i"; done
        sync "$2"; cp --sparse=always "$1/live" "$1/snapshot"; cd /; umount "$1/live-mount"; rmdir "$1/live-mount"
        """, "sh", scratch.path, device)
    }
    return copy
  }
}
