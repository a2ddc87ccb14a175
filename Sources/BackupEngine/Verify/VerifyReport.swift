public import BackupModel
public import BackupRepository

/// What a verification of one source's packs found.
public struct VerifyReport: Sendable {
  /// The source.
  public let source: SourceID
  /// Packs of which at least one frame was read.
  public internal(set) var packs = 0
  /// Frames that were read.
  public internal(set) var frames = 0
  /// Frames that the source's packs hold.
  public internal(set) var totalFrames = 0
  /// Chunks that were hashed.
  public internal(set) var chunks = 0
  /// Decompressed bytes.
  public internal(set) var contentBytes = ByteCount.zero
  /// Bytes read from the packs.
  public internal(set) var storedBytes = ByteCount.zero
  /// Frames that were never verified, this verification included.
  public internal(set) var neverVerifiedFrames = 0
  /// When the frame was verified whose verification is the longest ago; nil if none ever was.
  public internal(set) var oldestVerification: Timestamp?
  /// What is missing or not what it should be.
  public internal(set) var damage: [Damage] = []
  /// Things worth knowing that are no damage.
  public internal(set) var notes: [String] = []
  /// How long it took.
  public internal(set) var seconds = 0.0

  init(source: SourceID) { self.source = source }
}
