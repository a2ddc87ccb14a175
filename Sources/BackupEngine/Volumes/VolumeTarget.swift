public import BackupModel
public import BackupPolicy
public import VolumeSnapshots

/// A volume to archive, and how.
public struct VolumeTarget: Sendable {
  /// The volume.
  public var volume: VolumeName
  /// The claim that it belongs to, if it is known.
  public var claim: ClaimName?
  /// Image or files.
  public var mode = VolumeDeclaration.Mode.image
  /// Bytes of a block of an image; nil is what the volume's newest image has, else what fits the pool.
  public var blockSize: ByteCount?
  /// The share of what a difference calls the same that is read anyway.
  public var audit = VolumeDeclaration.defaultAudit
  /// One point in so many compares everything; 0 is never.
  public var compareInFull = VolumeDeclaration.defaultCompareInFull
  /// Opens a LUKS volume; nil to archive the ciphertext.
  public var key: LUKSKeySource?
  /// Commands that hold the application still while the snapshot is taken.
  public var hooks: FreezeHooks?

  /// A volume by itself, with the defaults.
  public init(_ volume: VolumeName) { self.volume = volume }

  /// A volume of a selection; nil if its name isn't one that LVM allows.
  public init?(_ candidate: VolumeCandidate, of declaration: VolumeDeclaration) {
    guard let name = VolumeName(group: candidate.group, volume: candidate.name) else { return nil }
    volume = name
    claim = candidate.claim
    mode = declaration.mode
    blockSize = declaration.blockSize
    audit = declaration.audit
    compareInFull = declaration.compareInFull
    key = declaration.luksKey.map { key in
      switch key {
      case .file(let path): .file(path)
      case .command(let vector): .command(vector, timeLimit: LUKSKeySource.usualTimeLimit)
      }
    }
    hooks = declaration.freeze.map {
      FreezeHooks(freeze: $0.freeze, thaw: $0.thaw, timeLimit: $0.timeLimit)
    }
  }
}

extension VolumeName {
  /// The source that the volume is.
  ///
  /// - Returns: nil if the name is too long for one.
  public var source: SourceID? {
    VolumeCandidate(group: group, pool: "", name: volume, size: .zero).source
  }
}
