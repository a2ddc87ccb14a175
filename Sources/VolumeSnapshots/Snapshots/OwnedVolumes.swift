import HostSystem

/// Changes volumes of ours, and refuses all others: the one way to activate, deactivate, tag and remove.
///
/// UUID and tags are a condition of each command (`--select`, lvmreport(7)), which LVM looks at under the lock of the group: a volume
/// that was replaced, or lost its tag, since it was looked up isn't touched.
struct OwnedVolumes: Sendable {
  /// What a command is to bring about.
  enum Effect: Hashable, Sendable {
    /// The volume has a device.
    case active
    /// The volume has no device, or is gone.
    case inactive
    /// The volume has the tag of a base, or hasn't.
    case base(Bool)
    /// The volume is gone.
    case gone

    /// Whether it is there.
    ///
    /// - Parameter volume: the volume as it is; nil if it is gone.
    func isThere(_ volume: ThinVolume?) -> Bool {
      switch self {
      case .active: volume?.isActive == true
      case .inactive: volume?.isActive != true
      case .base(let isBase): volume.flatMap { SnapshotTags($0.tags) }?.isBase == isBase
      case .gone: volume == nil
      }
    }
  }

  /// A volume of ours, and all that was there when it was looked up.
  struct Found: Sendable {
    let volume: ThinVolume
    let tags: SnapshotTags
    let inventory: VolumeInventory
  }

  /// How often a volume that is in use is tried.
  static let attempts = 6

  let tools: any ToolRunning
  let sleep: @Sendable (Duration) async throws -> Void

  private var reader: InventoryReader { InventoryReader(tools: tools) }

  /// Looks up a volume of ours.
  ///
  /// - Parameter purpose: what is to be done, as in `cannot <purpose>`.
  /// - Returns: nil if there is no thin volume of that name.
  /// - Throws: ``VolumeError`` `refused` if it isn't ours.
  func find(_ name: VolumeName, to purpose: String) async throws -> Found? {
    let inventory = try await reader.read()
    guard let volume = inventory.volumeIfAny(name) else { return nil }
    guard let tags = SnapshotTags(volume.tags) else { throw Self.notOurs(name, purpose) }
    return Found(volume: volume, tags: tags, inventory: inventory)
  }

  /// Removes a volume of ours.
  ///
  /// Not from a pool that can't be changed: `lvremove` then takes the volume out of LVM's metadata, fails to tell the pool, and
  /// leaves the two apart (tried with lvm2 2.03.16).
  /// - Parameter inventory: what there was when the volume was looked up.
  /// - Throws: ``VolumeError`` `poolUnhealthy`; as ``change(_:_:to:until:)``.
  func remove(_ volume: ThinVolume, in inventory: VolumeInventory, to purpose: String) async throws {
    let pool = try inventory.pool(volume.pool)
    switch PoolTrouble(pool) {
    case nil, .inactive: break
    case let trouble?:
      throw VolumeError(
        .poolUnhealthy, "cannot \(purpose): the pool \(pool.name) \(trouble)", hint: trouble.hint(for: pool.name))
    }
    try await change(volume, ["lvremove", "--yes", "--force"], to: purpose, until: .gone)
  }

  /// Runs a command on a volume until it has had its effect; a volume in use is tried again a few times, each after a longer wait.
  ///
  /// - Parameters:
  ///   - command: a program of lvm2 with its options, without the volume.
  ///   - effect: what it is for. Whether a device is there, the kernel is asked, which is cheap; of anything else, LVM.
  /// - Throws: ``VolumeError`` `busy` if it stays in use, `refused` if it lost its tag meanwhile, `notFound` if it vanished
  ///   and that isn't the effect, `toolFailed`.
  func change(
    _ volume: ThinVolume, _ command: [String], to purpose: String, until effect: Effect
  ) async throws {
    let selection = "lv_uuid=\"\(volume.uuid)\" && lv_tags={\"\(SnapshotTags.ownership)\"}"
    let arguments = Array(command.dropFirst()) + ["--select", selection, volume.name.group]
    var attempt = 0
    while true {
      attempt += 1
      let result = try await tools.uncancelled(command[0], arguments)
      if result.isSuccess, try await isThere(effect, on: volume, to: purpose) { return }
      let found = try await reader.volume(volume.name)
      // Another volume of the same name isn't the one that was meant.
      let now = found?.uuid == volume.uuid ? found : nil
      if effect.isThere(now) { return }
      guard now != nil else { throw Self.gone(purpose) }
      if let tags = now?.tags, SnapshotTags(tags) == nil { throw Self.notOurs(volume.name, purpose) }
      let words = result.lastWords.isEmpty ? nil : result.lastWords.suffix(3).joined(separator: " | ")
      guard attempt < Self.attempts else {
        if now?.isOpen == true {
          throw VolumeError(
            .busy, "cannot \(purpose): it is in use", cause: words,
            hint: "run `fuser -v \(volume.name.devicePath)` and `dmsetup ls --tree`")
        }
        throw VolumeError(.toolFailed, "cannot \(purpose): \(command[0]) \(result.end)", cause: words)
      }
      // A failure that isn't for use by others doesn't pass by waiting, but a use may end between command and look.
      guard now?.isOpen == true || attempt < 3 else {
        throw VolumeError(.toolFailed, "cannot \(purpose): \(command[0]) \(result.end)", cause: words)
      }
      try await sleep(.milliseconds(250 << (attempt - 1)))
    }
  }

  /// Whether the kernel shows the effect; false if it is none that the kernel knows of.
  private func isThere(_ effect: Effect, on volume: ThinVolume, to purpose: String) async throws -> Bool {
    guard effect == .active || effect == .inactive else { return false }
    let mapped = try await Task { try await MappedDevices.read(tools, to: purpose) }.value
    return mapped.hasVolume(uuid: volume.uuid) == (effect == .active)
  }

  static func gone(_ purpose: String) -> VolumeError {
    VolumeError(.notFound, "cannot \(purpose): it is not there any more", hint: "run `backupctl snapshots list`")
  }

  private static func notOurs(_ name: VolumeName, _ purpose: String) -> VolumeError {
    VolumeError(
      .refused,
      "cannot \(purpose): the volume \(name) does not have the tag \(SnapshotTags.ownership), so it is not ours",
      hint: "run `lvs -o +lv_tags \(name)`")
  }
}

extension ToolRunning {
  /// Runs a program that changes things: a cancellation doesn't reach it, since it would leave the change half made.
  func uncancelled(
    _ tool: String, _ arguments: [String], timeLimit: Duration? = nil
  ) async throws -> ChildResult {
    try await Task { try await run(tool, arguments, input: [], timeLimit: timeLimit ?? Self.usualTimeLimit) }.value
  }
}
