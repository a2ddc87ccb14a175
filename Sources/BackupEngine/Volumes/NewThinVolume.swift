import BackupModel
import VolumeSnapshots

/// Makes an empty thin volume.
struct NewThinVolume: Sendable {
  let tools: any ToolRunning
  let name: VolumeName
  /// The pool, of the same group.
  let pool: VolumeName

  /// Whether the pool gives out only zeroed chunks; otherwise holes must be written, or old data of others would show in them.
  ///
  /// - Throws: `VolumeError` `toolFailed`.
  static func isZeroing(_ pool: VolumeName, _ tools: any ToolRunning) async throws -> Bool {
    let answer = try await tools.output(
      of: "lvs", ["--noheadings", "--options", "zero", pool.description], to: "see whether the pool \(pool) zeroes")
    return String(decoding: answer, as: UTF8.self).contains("zero")
  }

  /// Makes the volume; it is active.
  ///
  /// - Parameter tags: what it is known by; nil for a volume as anyone makes it.
  /// - Throws: `VolumeError` `toolFailed`.
  func make(length: ByteCount, tags: SnapshotTags? = nil) async throws {
    _ = try await tools.output(
      of: "lvcreate",
      ["--yes", "--virtualsize", "\(length.bytes)b", "--thinpool", pool.description, "--name", name.volume]
        + (tags?.encoded ?? []).flatMap { ["--addtag", $0] } + [name.group],
      to: "make the volume \(name)")
  }
}
