import HostSystem

/// The device-mapper mappings of this host as `dmsetup table` lists them.
///
/// A line is `NAME: START LENGTH TARGET …`, in sectors of 512 bytes; for `crypt` there follow cipher, key, what is added to the sector's
/// number, device and offset (`Documentation/admin-guide/device-mapper/dm-crypt.rst` of the kernel). `dmsetup` shows zeros for the key; this
/// type doesn't keep even those.
struct CryptTable: Hashable, Sendable {
  /// A part of a mapping.
  enum Target: Hashable, Sendable {
    /// Encrypted: bytes of it, the device below and where on it the part begins.
    case crypt(size: Int64, device: DeviceNumber, offset: Int64)
    /// Anything else.
    case other
  }

  /// The parts of each mapping, in their order.
  let mappings: [String: [Target]]

  /// Asks `dmsetup`.
  ///
  /// - Throws: ``VolumeError`` `toolFailed`, also where the kernel has no device-mapper, and `unusableOutput`.
  static func current(_ tools: any ToolRunning) async throws -> CryptTable {
    try CryptTable(parsing: try await MappedDevices.list(["table"], tools, to: "list the device mappings"))
  }

  /// Parses the output; `dmsetup` writes a blank in a name as `\x20`, so the first colon with a blank ends it.
  init(parsing output: [UInt8]) throws(VolumeError) {
    var mappings: [String: [Target]] = [:]
    for line in String(decoding: output, as: UTF8.self).split(separator: "\n") where line != "No devices found" {
      guard let (name, target) = Self.parse(line) else {
        // The line itself isn't shown: it may have part of a key if dmsetup was told to show keys.
        throw VolumeError(
          .unusableOutput, "cannot list the device mappings: a line of `dmsetup table` can't be understood")
      }
      mappings[name, default: []].append(contentsOf: target.map { [$0] } ?? [])
    }
    self.mappings = mappings
  }

  /// A line of `NAME: ` alone is that of a mapping without a table.
  private static func parse(_ line: Substring) -> (name: String, target: Target?)? {
    guard let colon = line.firstRange(of: ": ") else { return nil }
    let name = String(line[..<colon.lowerBound])
    let fields = line[colon.upperBound...].split(separator: " ")
    guard !name.isEmpty else { return nil }
    guard !fields.isEmpty else { return (name, nil) }
    // What isn't understood isn't ours: it is somebody else's mapping, and left alone.
    guard fields.count >= 8, fields[2] == "crypt", let length = sectors(fields[1]), let offset = sectors(fields[7]),
      let device = deviceNumber(fields[6])
    else { return (name, .other) }
    return (name, .crypt(size: length, device: device, offset: offset))
  }

  /// Sectors in bytes.
  private static func sectors(_ text: Substring) -> Int64? {
    guard let number = Int64(text), number >= 0, number < 1 << 53 else { return nil }
    return number * 512
  }

  private static func deviceNumber(_ text: Substring) -> DeviceNumber? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1]) else { return nil }
    return DeviceNumber(major: major, minor: minor)
  }

  /// Whether a mapping is encrypted and lies on this device and no other.
  func isCrypt(_ name: String, on device: DeviceNumber) -> Bool {
    guard let targets = mappings[name], !targets.isEmpty else { return false }
    return targets.allSatisfy { target in
      if case .crypt(_, device, _) = target { true } else { false }
    }
  }
}
