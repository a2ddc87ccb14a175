import HostSystem

/// Opens the file systems of volumes for reading files: LUKS first, if the volume is encrypted, then the mount.
///
/// Everything is closed in the reverse order, each part under its own lease, also when the task is cancelled.
public struct VolumeFileSystems: Sendable {
  private let mappings: LUKSMappings
  private let mounts: VolumeMounts

  /// Combines opening and mounting.
  public init(mappings: LUKSMappings, mounts: VolumeMounts) {
    self.mappings = mappings
    self.mounts = mounts
  }

  /// Makes the file system of a device readable below a directory.
  ///
  /// - Parameters:
  ///   - device: the node of a throwaway snapshot, which may be written to: journals are replayed.
  ///   - shown: the volume's name, in messages.
  ///   - token: what is unique on this host, such as the run and the volume.
  ///   - key: where the key of a LUKS volume comes from; isn't asked for any other.
  ///   - use: gets the directory.
  /// - Throws: ``VolumeError`` `wrongKey`, also if a LUKS volume has no key; `notMountable`; what `use` throws.
  public func withFileSystem<Result: Sendable>(
    of device: String, shown: String, token: String, key: LUKSKeySource?,
    use: @Sendable (String) async throws -> Result
  ) async throws -> Result {
    guard try isEncrypted(device) else {
      return try await mounts.withMount(of: device, shown: shown, token: token, use: use)
    }
    guard let key else {
      throw VolumeError(
        .wrongKey, "cannot read the files of \(shown): it is encrypted with LUKS and no key is named",
        hint: "name one in `luks: {key-file: …}`, or set `mode: image`, which archives the ciphertext")
    }
    return try await mappings.withMapping(of: device, shown: shown, token: token, access: .readWrite, key: key) {
      mapping in
      try await mounts.withMount(of: mapping.path, shown: shown, token: token, use: use)
    }
  }

  /// Anything with LUKS's signature is opened as such, so that a damaged header is named. What has a file system instead of the first header
  /// isn't LUKS any more.
  private func isEncrypted(_ device: String) throws -> Bool {
    let file = try OpenFile.open(Array(device.utf8), .readOwn)
    return switch try LUKSFinding.find(in: file) {
    case .header, .damaged: true
    case .secondHeaderOnly: try FileSystemSignature.all(in: file).isEmpty
    case .none: false
    }
  }
}
