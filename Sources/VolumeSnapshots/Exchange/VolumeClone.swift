/// Makes volumes whose content is that of another one, at the cost of what is written to them later.
public struct VolumeClone: Sendable {
  private let tools: any ToolRunning

  /// Makes them with these tools.
  public init(tools: any ToolRunning) { self.tools = tools }

  /// Makes a clone, writable and active. What it is made of isn't changed.
  ///
  /// - Parameters:
  ///   - uuid: the UUID of the volume that is meant: another one that has its name now isn't cloned.
  ///   - tags: what is written on the clone by the command that makes it.
  /// - Throws: ``VolumeError`` `notFound` if it is gone or was replaced, `toolFailed`.
  public func make(_ name: VolumeName, of volume: VolumeName, uuid: String, tags: SnapshotTags) async throws {
    let purpose = "make a clone of \(volume)"
    let found = try await InventoryReader(tools: tools).volume(volume)
    guard let found, found.uuid == uuid else {
      throw VolumeError(
        .notFound, "cannot \(purpose): it is not there any more", hint: "run `backupctl snapshots list`")
    }
    let result = try await tools.uncancelled(
      "lvcreate",
      SnapshotTaking.arguments(name: name, of: volume, permission: "rw", tags: tags, skipsActivation: false))
    guard result.isSuccess else {
      throw VolumeError(
        .toolFailed, "cannot \(purpose): lvcreate \(result.end)",
        cause: result.lastWords.suffix(3).joined(separator: " | "))
    }
  }
}
