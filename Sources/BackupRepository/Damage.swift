public import BackupModel
public import HostSystem

/// Something stored that is missing or not what it should be, and what can't be restored because of it.
public struct Damage: Hashable, Sendable {
  /// The source in whose store it is.
  public var source: SourceID
  /// The pack that is damaged.
  public var pack: PackName?
  /// The frames of the pack that are damaged; empty if it is the pack as a whole, or no pack.
  public var frames = FrameRanges()
  /// What is damaged, as a sentence.
  public var what: String
  /// The system's or the library's words.
  public var cause: String?
  /// The points that need what is damaged and can't get it from elsewhere, newest first.
  public var points: [RecoveryPointID] = []
  /// The first paths that can't be restored from these points, each once; of a lost part of an index, its first path.
  public var paths: [PathBytes] = []
  /// How many entries can't be restored; what several points share in one index block is counted once.
  public var entryCount = 0
  /// The pack's table of contents can't be used, so none of its chunks is found.
  var hidesChunks = false

  /// Describes damage.
  public init(source: SourceID, what: String, cause: String? = nil) {
    self.source = source
    self.what = what
    self.cause = cause
  }
}
