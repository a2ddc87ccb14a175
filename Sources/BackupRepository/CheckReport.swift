public import BackupModel

/// What a check of the structure found.
public struct CheckReport: Sendable {
  /// Sources that were checked.
  public internal(set) var sources: [SourceID] = []
  /// Points and checkpoints whose index was walked.
  public internal(set) var points = 0
  /// Packs.
  public internal(set) var packs = 0
  /// Frames whose headers were examined.
  public internal(set) var frames = 0
  /// Different index blocks.
  public internal(set) var blocks = 0
  /// Entries in them.
  public internal(set) var entries = 0
  /// Different chunks that can be had.
  public internal(set) var chunks = 0
  /// What is missing or not what it should be.
  public internal(set) var damage: [Damage] = []
  /// Things worth knowing that are no damage.
  public internal(set) var notes: [String] = []
  /// How long it took.
  public internal(set) var seconds = 0.0

  init() {}
}
