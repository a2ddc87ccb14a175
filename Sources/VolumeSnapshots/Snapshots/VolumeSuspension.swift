import HostSystem

/// Suspends volumes, so that writes wait, and resumes them (dmsetup(8)).
struct VolumeSuspension: Sendable {
  let tools: any ToolRunning
  let sleep: @Sendable (Duration) async throws -> Void

  /// Proves that each volume's device is the thin device that LVM says, so that no other one is snapshotted.
  ///
  /// - Throws: ``VolumeError`` `refused`, `toolFailed`.
  func check(_ volumes: [ThinVolume]) async throws {
    for volume in volumes {
      let purpose = "look at the device of \(volume.name)"
      let output = try await tools.output(of: "dmsetup", ["table", volume.name.mapperName], to: purpose)
      // Start, sectors, `thin`, the pool's device, the number.
      let fields = String(decoding: output, as: UTF8.self).split(whereSeparator: \.isWhitespace)
      guard fields.count >= 5, fields[2] == "thin", fields[4] == "\(volume.thinID)" else {
        throw VolumeError(
          .refused, "cannot suspend \(volume.name): its device is not the thin device \(volume.thinID) that LVM lists",
          cause: "its table is '\(fields.joined(separator: " "))'",
          hint: "run `dmsetup table \(volume.name.mapperName)`")
      }
    }
  }

  /// Suspends all of them with one command; file systems on them that the host has mounted are flushed and held.
  ///
  /// - Throws: ``VolumeError`` `toolFailed`; some may be suspended then.
  func suspend(_ names: [VolumeName], timeLimit: Duration) async throws {
    let result = try await tools.uncancelled("dmsetup", ["suspend"] + names.map(\.mapperName), timeLimit: timeLimit)
    guard result.isSuccess else { throw Self.failure("suspend", names, result) }
  }

  /// Resumes those that are suspended; the others, and those that are gone, are left alone.
  ///
  /// - Returns: whether any was suspended.
  /// - Throws: ``VolumeError`` `toolFailed` if one stays suspended after several attempts.
  @discardableResult
  func resume(_ names: [VolumeName]) async throws -> Bool {
    var attempt = 0
    while true {
      attempt += 1
      let suspended = try await suspended(among: names)
      if suspended.isEmpty { return attempt > 1 }
      let result = try await tools.uncancelled("dmsetup", ["resume"] + suspended.map(\.mapperName))
      if result.isSuccess { return true }
      guard attempt < OwnedVolumes.attempts else { throw Self.failure("resume", suspended, result) }
      try await sleep(.milliseconds(100 << (attempt - 1)))
    }
  }

  private func suspended(among names: [VolumeName]) async throws -> [VolumeName] {
    let mapped = try await Task { try await MappedDevices.read(tools, to: "see which volumes are suspended") }.value
    return names.filter { mapped.device($0.mapperName)?.isSuspended == true }
  }

  private static func failure(_ verb: String, _ names: [VolumeName], _ result: ChildResult) -> VolumeError {
    let list = names.map(\.description).joined(separator: ", ")
    return VolumeError(
      .toolFailed, "cannot \(verb) \(list): dmsetup \(result.end)",
      cause: result.lastWords.isEmpty ? nil : result.lastWords.suffix(3).joined(separator: " | "),
      hint: "run `dmsetup resume \(names.map(\.mapperName).joined(separator: " "))`: writes to a suspended volume wait")
  }
}
