import HostSystem

/// Changes volumes of ours, and refuses all others: the one way to activate, deactivate, tag and remove.
///
/// The tags are read right before, for the message, and are a condition of the command itself too (`--select`, lvmreport(7)),
/// which LVM looks at under the lock of the group: a volume that was replaced in between isn't touched.
struct OwnedVolumes: Sendable {
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
  func find(_ name: VolumeName, to purpose: String) async throws -> (volume: ThinVolume, tags: SnapshotTags)? {
    guard let volume = try await reader.volume(name) else { return nil }
    guard let tags = SnapshotTags(volume.tags) else { throw Self.notOurs(name, purpose) }
    return (volume, tags)
  }

  /// Removes a volume of ours.
  ///
  /// Not from a pool that can't be changed: `lvremove` then takes the volume out of LVM's metadata, fails to tell the pool, and
  /// leaves the two apart (tried with lvm2 2.03.16).
  /// - Throws: ``VolumeError`` `poolUnhealthy`; as ``change(_:_:to:until:)``.
  func remove(_ volume: ThinVolume, to purpose: String) async throws {
    let pool = try await reader.read().pool(volume.pool)
    switch PoolTrouble(pool) {
    case nil, .inactive: break
    case let trouble?:
      throw VolumeError(
        .poolUnhealthy, "cannot \(purpose): the pool \(pool.name) \(trouble)", hint: trouble.hint(for: pool.name))
    }
    try await change(volume, ["lvremove", "--yes", "--force"], to: purpose) { $0 == nil }
  }

  /// Runs a command on a volume until it has had its effect; a volume in use is tried again a few times, each after a longer wait.
  ///
  /// - Parameters:
  ///   - command: a program of lvm2 with its options, without the volume.
  ///   - isDone: tells from the volume as it is afterwards, nil if it is gone, whether the effect is there.
  /// - Throws: ``VolumeError`` `busy` if it stays in use, `refused` if it lost its tag meanwhile, `notFound` if it vanished
  ///   and that isn't the effect, `toolFailed`.
  func change(
    _ volume: ThinVolume, _ command: [String], to purpose: String,
    until isDone: (ThinVolume?) -> Bool
  ) async throws {
    let selection = "lv_uuid=\"\(volume.uuid)\" && lv_tags={\"\(SnapshotTags.ownership)\"}"
    let arguments = Array(command.dropFirst()) + ["--select", selection, volume.name.group]
    var attempt = 0
    while true {
      attempt += 1
      let result = try await tools.uncancelled(command[0], arguments)
      let found = try await reader.volume(volume.name)
      // Another volume of the same name isn't the one that was meant.
      let now = found?.uuid == volume.uuid ? found : nil
      if isDone(now) { return }
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
