/// The device-mapper devices of this host, as the kernel has them now (dmsetup(8)).
///
/// Asking takes neither the lock of a volume group nor a look at any disk, unlike asking LVM.
public struct MappedDevices: Sendable {
  /// A device: its name, its UUID, which LVM gives to what it activates, and whether it is suspended.
  struct Device: Hashable, Sendable {
    let name: String
    let uuid: String
    let isSuspended: Bool
  }

  /// The devices, in any order.
  let devices: [Device]

  /// How often is asked: `dmsetup` lists the names first, and fails if a device is gone when it comes to look at it. Somebody is
  /// always removing a device on a busy host, but not at ten moments in a row.
  static let attempts = 10
  /// What it says then: of `info`, and of `table` (ENXIO).
  private static let goneDevice = ["Device does not exist", "No such device or address"]

  /// Asks the kernel.
  ///
  /// - Parameter purpose: what it is for, as in `cannot <purpose>`.
  /// - Throws: ``VolumeError`` `toolFailed`; as ``ToolRunning/run(_:_:input:timeLimit:)``.
  static func read(_ tools: any ToolRunning, to purpose: String) async throws -> MappedDevices {
    let output = try await list(tools, to: purpose)
    // Neither names nor UUIDs that LVM gives have a colon; without any device it prints a sentence instead.
    let devices = output.split(separator: 0x0A).compactMap { line -> Device? in
      let fields = String(decoding: line, as: UTF8.self).split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count == 3 else { return nil }
      return Device(name: String(fields[0]), uuid: String(fields[1]), isSuspended: fields[2] == "Suspended")
    }
    return MappedDevices(devices: devices)
  }

  /// The names of all devices that the kernel has now.
  ///
  /// - Parameter purpose: what it is for, as in `cannot <purpose>`.
  /// - Throws: ``VolumeError`` `toolFailed`; as ``ToolRunning/run(_:_:input:timeLimit:)``.
  public static func names(_ tools: any ToolRunning, to purpose: String) async throws -> [String] {
    try await read(tools, to: purpose).devices.map(\.name)
  }

  private static func list(_ tools: any ToolRunning, to purpose: String) async throws -> [UInt8] {
    try await list(
      ["info", "--columns", "--noheadings", "--separator", ":", "-o", "name,uuid,suspended"], tools, to: purpose)
  }

  /// What `dmsetup` says of all devices. It fails if one goes while it lists them, and is asked again then.
  ///
  /// - Throws: ``VolumeError`` `toolFailed`; as ``ToolRunning/run(_:_:input:timeLimit:)``.
  static func list(_ arguments: [String], _ tools: any ToolRunning, to purpose: String) async throws -> [UInt8] {
    for _ in 1..<attempts {
      let result = try await tools.run("dmsetup", arguments, input: [], timeLimit: type(of: tools).usualTimeLimit)
      if result.isSuccess { return result.output }
      guard result.lastWords.contains(where: { words in goneDevice.contains { words.contains($0) } }) else { break }
    }
    return try await tools.output(of: "dmsetup", arguments, to: purpose)
  }

  /// The device of a name, whatever it is.
  func device(_ name: String) -> Device? { devices.first { $0.name == name } }

  /// Whether a logical volume is active, by its own UUID: LVM calls its device `LVM-<32 of the group><32 of the volume>`.
  func hasVolume(uuid: String) -> Bool {
    let wanted = uuid.filter { $0 != "-" }
    return devices.contains { $0.uuid.hasPrefix("LVM-") && $0.uuid.hasSuffix(wanted) }
  }
}
