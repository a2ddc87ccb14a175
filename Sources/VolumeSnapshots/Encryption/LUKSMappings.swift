import HostSystem

/// Opens LUKS volumes with `cryptsetup`, each under a lease, and closes them again.
///
/// `cryptsetup` may repair a damaged LUKS2 header while it opens a volume, which writes to the device even for read-only access: open
/// throwaway snapshots, or devices that are read-only themselves, never the base of a difference.
public struct LUKSMappings: Sendable {
  private let tools: any ToolRunning
  private let leases: any VolumeLeasing
  private let retry: BusyRetry
  private let kernel: KernelView
  private let timeLimit: Duration

  /// Prepares opening.
  ///
  /// - Parameters:
  ///   - retry: how long closing is tried while something still reads the plaintext.
  ///   - timeLimit: how long `cryptsetup` may take to open or close; deriving a key is meant to be slow.
  public init(
    tools: any ToolRunning, leases: any VolumeLeasing, retry: BusyRetry = BusyRetry(), kernel: KernelView = .host,
    timeLimit: Duration = .seconds(600)
  ) {
    self.tools = tools
    self.leases = leases
    self.retry = retry
    self.kernel = kernel
    self.timeLimit = timeLimit
  }

  /// The name of a mapping: `backupctl-` and the token, within what device-mapper allows.
  public static func name(token: String) -> String { LeasedName.make(token: token) }

  /// Opens a LUKS volume, uses its plaintext and closes it.
  ///
  /// Closing runs also when `use` throws or the task is cancelled. If it can't be closed, the lease stays for a later run.
  /// - Parameters:
  ///   - device: the node of the volume.
  ///   - shown: the volume's name, in messages.
  ///   - token: what makes the mapping's name unique on this host, such as the run and the volume.
  /// - Throws: ``VolumeError`` `wrongKey`; `refused` if the volume isn't LUKS or its header is damaged; `busy` if it can't be closed;
  ///   what `use` throws.
  public func withMapping<Result: Sendable>(
    of device: String, shown: String, token: String, access: LUKSMapping.Access, key source: LUKSKeySource,
    use: @Sendable (LUKSMapping) async throws -> Result
  ) async throws -> Result {
    let header = try header(of: device, shown)
    let key = try await source.key(for: shown)
    let name = Self.name(token: token)
    return try await leases.with(
      .mapping(name: name, device: device),
      make: {
        try await open(device, shown, name, access, key)
        return try await mapping(name, device, header, shown)
      },
      remove: { try await removeLeftover(name: name, device: device) },
      use: use)
  }

  private func header(of device: String, _ shown: String) throws -> LUKSHeader {
    switch try LUKSFinding.find(in: try OpenFile.open(Array(device.utf8), .readOwn)) {
    case .header(let header): return header
    case .none: throw VolumeError(.refused, "cannot open \(shown): it is not a LUKS volume")
    case .damaged(let reason):
      throw VolumeError(
        .refused, "cannot open \(shown): its LUKS header is damaged: \(reason)",
        hint: "look at it with `cryptsetup luksDump \(device)`; \(Self.withoutKeyHint)")
    case .secondHeaderOnly(let offset):
      throw VolumeError(
        .refused, "cannot open \(shown): its first LUKS header was overwritten",
        cause: "the second one is at byte \(offset)",
        hint: "`cryptsetup repair` restores it from the second one; \(Self.withoutKeyHint)")
    }
  }

  private static let withoutKeyHint = "without `luks:` the ciphertext is archived as it is"

  private func open(
    _ device: String, _ shown: String, _ name: String, _ access: LUKSMapping.Access, _ key: LUKSKey
  ) async throws {
    var arguments = ["open", "--type", "luks", "--batch-mode", "--key-file=-"]
    if access == .readOnly { arguments.append("--readonly") }
    arguments += ["--", device, name]
    let result = try await tools.run("cryptsetup", arguments, input: key.bytes, timeLimit: timeLimit)
    guard !result.isSuccess else { return }
    let cause = result.lastWords.suffix(3).joined(separator: " | ")
    // cryptsetup(8), "RETURN VALUE": 2 no permission (bad passphrase), 4 wrong device, 5 device exists or is busy.
    switch result.end {
    case .exited(2):
      throw VolumeError(
        .wrongKey, "cannot open \(shown): the key fits none of its LUKS key slots", cause: cause,
        hint: key.endsInNewline
          ? "the key ends in a newline, which counts; write it without one (`printf %s`, `echo -n`)"
          : "try it with `cryptsetup open --test-passphrase --key-file KEYFILE \(device)`")
    case .exited(5):
      throw VolumeError(
        .busy, "cannot open \(shown): the device or the mapping \(name) is in use", cause: cause,
        hint: "look with `dmsetup ls --tree`")
    default:
      throw VolumeError(.toolFailed, "cannot open \(shown): cryptsetup \(result.end)", cause: cause)
    }
  }

  /// Looks at what was opened: it must lie on the device, and where the header says.
  private func mapping(
    _ name: String, _ device: String, _ header: LUKSHeader, _ shown: String
  ) async throws -> LUKSMapping {
    let number = try kernel.deviceNumber(device)
    let table = try await CryptTable.current(tools)
    guard table.isCrypt(name, on: number), let targets = table.mappings[name] else {
      throw VolumeError(
        .refused, "cannot open \(shown): the mapping \(name) is not on \(device)",
        hint: "look with `cryptsetup status \(name)`")
    }
    var size: Int64 = 0
    for case .crypt(let part, _, let offset) in targets {
      if let segment = header.identity?.segment, segment.offset + size != offset {
        throw VolumeError(
          .refused, "cannot open \(shown): its data begin at byte \(offset), its header says \(segment.offset)")
      }
      size += part
    }
    return LUKSMapping(name: name, device: device, header: header, size: size)
  }

  /// Closes a mapping of ours that may have been left open, also in part; does nothing if there is none.
  ///
  /// Closes only a mapping of this very name that is encrypted and lies on this device alone, and what a killed `cryptsetup` left of its
  /// own on the same device (`temporary-cryptsetup-PID`). A `cryptsetup` that outlived its parent and is still opening is waited for.
  /// - Throws: ``VolumeError`` `refused` if a mapping of the name is something else; `busy` if it stays in use.
  public func removeLeftover(name: String, device: String) async throws {
    try await retry.untilNone("close \(name)", hint: "look with `pgrep -fa \(name)`") {
      try kernel.processes("cryptsetup", name).map { "process \($0) is still opening it" }
    }
    var table = try await CryptTable.current(tools)
    let temporary = table.mappings.keys.filter { $0.hasPrefix("temporary-cryptsetup-") }.sorted()
    guard table.mappings[name] != nil || !temporary.isEmpty else { return }
    let number: DeviceNumber
    do {
      number = try kernel.deviceNumber(device)
    } catch let error as VolumeError {
      // A device that is gone holds nothing of ours but a mapping that says so.
      guard table.mappings[name] != nil else { return }
      throw error
    }
    for part in temporary where table.isCrypt(part, on: number) {
      _ = try await tools.output(of: "dmsetup", ["remove", "--retry", part], to: "close \(part) on \(device)")
    }
    try await retry.untilNone("close \(name)", hint: "look with `fuser -vm \(LUKSMapping.path(of: name))`") {
      guard table.mappings[name] != nil else { return nil }
      guard table.isCrypt(name, on: number) else {
        throw VolumeError(
          .refused, "cannot close \(name): it is not an encrypted mapping of \(device)",
          hint: "look with `dmsetup table \(name)`; what isn't ours is left alone")
      }
      let result = try await tools.run("cryptsetup", ["close", "--", name], input: [], timeLimit: timeLimit)
      table = try await CryptTable.current(tools)
      guard table.mappings[name] != nil else { return nil }
      return result.lastWords.last ?? "cryptsetup \(result.end)"
    }
  }
}
