import BackupModel

/// Lets a restored volume take the place of a live one, by renaming, and back.
///
/// What was live is never written to and never removed: it gets another name, our tags, and stays inactive. Each step looks at
/// what is there and can be done again.
public struct VolumeExchange: Sendable {
  private let volumes: OwnedVolumes
  private let tools: any ToolRunning
  private let swap: VolumeSwap
  /// What marks the one of the two that isn't live.
  private let marks: SnapshotTags

  /// Prepares an exchange.
  ///
  /// - Parameters:
  ///   - marks: the tags of the one that isn't live, by ``SnapshotTags/kept(byRestore:created:)``.
  ///   - sleep: waits between two attempts while something has a volume open.
  public init(
    _ swap: VolumeSwap, marks: SnapshotTags, tools: any ToolRunning,
    sleep: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.swap = swap
    self.marks = marks
    self.tools = tools
    volumes = OwnedVolumes(tools: tools, sleep: sleep)
  }

  private var reader: InventoryReader { InventoryReader(tools: tools) }

  /// Which of the two is live now.
  ///
  /// - Throws: as `InventoryReader/read()`.
  public func side() async throws -> VolumeSwap.Side { side(in: try await reader.read()) }

  private func side(in inventory: VolumeInventory) -> VolumeSwap.Side {
    func uuid(_ name: VolumeName) -> String? {
      // A volume of another kind is somebody else's, with no UUID of ours.
      inventory.volumeIfAny(name)?.uuid ?? (inventory.takenNames.contains(name) ? "" : nil)
    }
    let side = swap.side(live: uuid(swap.live), beside: uuid(swap.beside), kept: uuid(swap.kept))
    // Renamed, but not yet told apart by their marks; or deactivated, but not yet renamed: something is still to be done.
    let isOpenable = inventory.volumeIfAny(swap.live)?.isActive ?? true
    let isSettled =
      switch side {
      case .old: isMarked(swap.beside, inventory)
      case .new: swap.old == nil || isMarked(swap.kept, inventory)
      case .between, .unknown: true
      }
    guard side == .old || side == .new else { return side }
    return isOpenable && isSettled && !isMarked(swap.live, inventory) ? side : .between
  }

  private func isMarked(_ name: VolumeName, _ inventory: VolumeInventory) -> Bool {
    inventory.volumeIfAny(name).flatMap { SnapshotTags($0.tags) }?.restore == marks.restore
  }

  /// Exchanges the two; done again, it goes on where it was.
  ///
  /// - Parameter back: whether what was there before is to be live again.
  /// - Throws: ``VolumeError`` `busy` if the live volume is open: then it still is the live one; `refused` if one of the names
  ///   has become something else's; `toolFailed`.
  public func exchange(back: Bool) async throws {
    let (from, to) = back ? (swap.new, swap.old) : (swap.old, swap.new)
    let (away, place) = back ? (swap.beside, swap.kept) : (swap.kept, swap.beside)
    let purpose = back ? "put \(swap.live) back in its place" : "put the restored volume in the place of \(swap.live)"
    if let from, let volume = try await found(from, purpose), volume.name == swap.live {
      // A volume without a device can't be opened by anybody between this and the renaming.
      try await deactivate(volume, purpose)
      try await rename(volume, to: away, purpose)
    }
    if let from {
      try await change(
        from, ["--setactivationskip", "y"] + marks.encoded.flatMap { ["--addtag", $0] }, purpose)
    }
    guard let to else { return }
    if let volume = try await found(to, purpose), volume.name == place {
      try await rename(volume, to: swap.live, purpose)
    }
    let ours = marks.encoded.flatMap { ["--deltag", $0] }
    let theirs = swap.tags.filter { !marks.encoded.contains($0) }.flatMap { ["--addtag", $0] }
    try await change(to, ["--setactivationskip", "n"] + theirs + ours, purpose)
    try await change(to, ["--activate", "y"], purpose)
  }

  /// Removes the one of the two that isn't live; nothing happens if it is gone.
  ///
  /// - Throws: ``VolumeError`` `refused` if it isn't marked as ours, or is the live one; `busy`, `toolFailed`.
  public func remove() async throws {
    for name in [swap.beside, swap.kept] {
      let purpose = "remove \(name)"
      guard let found = try await volumes.find(name, to: purpose) else { continue }
      guard found.tags.restore == marks.restore else {
        throw VolumeError(
          .refused, "cannot \(purpose): it doesn't belong to the restore \(marks.restore ?? "")",
          hint: "run `lvs -o +lv_tags \(name)`")
      }
      try await volumes.remove(found.volume, in: found.inventory, to: purpose)
    }
  }

  // MARK: - Steps

  private func found(_ uuid: String, _ purpose: String) async throws -> ThinVolume? {
    let inventory = try await reader.read()
    guard side(in: inventory) != .unknown else {
      throw VolumeError(
        .refused, "cannot \(purpose): one of its names belongs to something else now",
        hint: "run `lvs -o +lv_uuid,lv_tags \(swap.live.group)`")
    }
    return inventory.volume(uuid: uuid)
  }

  private func deactivate(_ volume: ThinVolume, _ purpose: String) async throws {
    guard volume.isActive else { return }
    let result = try await tools.uncancelled(
      "lvchange", ["--yes", "--activate", "n", "--select", "lv_uuid=\"\(volume.uuid)\"", volume.name.group])
    let now = try await reader.volume(volume.name)
    guard result.isSuccess, now?.isActive == false else {
      throw VolumeError(
        now?.isOpen == true ? .busy : .toolFailed,
        "cannot \(purpose): " + (now?.isOpen == true ? "it is in use" : "lvchange \(result.end)"),
        cause: result.lastWords.isEmpty ? nil : result.lastWords.suffix(3).joined(separator: " | "),
        hint: "run `fuser -v \(volume.name.devicePath)` and `dmsetup ls --tree`")
    }
  }

  private func rename(_ volume: ThinVolume, to name: VolumeName, _ purpose: String) async throws {
    let result = try await tools.uncancelled(
      "lvrename", ["--yes", volume.name.group, volume.name.volume, name.volume])
    guard result.isSuccess, try await reader.volume(name)?.uuid == volume.uuid else {
      throw VolumeError(
        .toolFailed, "cannot \(purpose): lvrename \(result.end)",
        cause: result.lastWords.suffix(3).joined(separator: " | "))
    }
  }

  /// Changes settings of a volume by its UUID. LVM says nothing if they are so already.
  private func change(_ uuid: String, _ arguments: [String], _ purpose: String) async throws {
    let result = try await tools.uncancelled(
      "lvchange", ["--yes"] + arguments + ["--select", "lv_uuid=\"\(uuid)\"", swap.live.group])
    guard result.isSuccess else {
      throw VolumeError(
        .toolFailed, "cannot \(purpose): lvchange \(result.end)",
        cause: result.lastWords.suffix(3).joined(separator: " | "))
    }
  }
}
