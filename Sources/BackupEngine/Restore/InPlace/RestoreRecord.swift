public import BackupModel

/// What is durably known of one restore in place; the content of its journal.
public struct RestoreRecord: Codable, Hashable, Sendable {
  /// What is wanted of a restore; it is noted before the first step towards it.
  public enum Intent: String, Codable, Sendable {
    /// To have the restored trees live.
    case restore
    /// To have live again what was before.
    case undo
    /// To remove what was kept.
    case forget
  }

  /// How far one part has come. Each is noted before the steps that lead out of it begin.
  public enum State: String, Codable, Sendable {
    /// The tree is made beside the live one, or that hasn't begun; nothing live has changed.
    case filling
    /// The tree is complete and equal to the point; nothing live has changed.
    case filled
    /// The two change places.
    case exchanging
    /// The restored tree is live; the old one is kept.
    case exchanged
    /// The two change places back.
    case undoing
    /// The old tree is live; what had been restored is kept, with what was written to it.
    case undone
    /// What was kept is removed.
    case removing
    /// Nothing is left of it.
    case removed
  }

  /// One source of a restore.
  public struct Part: Codable, Hashable, Sendable {
    /// The source.
    public var source: SourceID
    /// The point.
    public var point: RecoveryPointID
    /// The live tree: absolute, no symbolic link in it.
    public var live: JournaledPath
    /// The directory in which it is restored, and in which the old one is kept.
    public var place: JournaledPath
    /// The paths that are restored, as an index has them; empty for everything.
    public var paths: [JournaledPath]
    /// Bytes of content.
    public var bytes: Int64
    /// How far it has come.
    public var state = State.filling
    /// What changes places with what; empty until it is filled.
    public var exchanges: [RestoreExchange] = []
    /// How long it took to restore and to compare; nil until it is filled.
    public var seconds: Double?
    /// Whether anything of it was ever live, so that what is kept may hold what was written since.
    public var wasLive = false
  }

  /// The version of the journal's format.
  public static let knownFormat = 1

  /// The version of the format.
  public var format = RestoreRecord.knownFormat
  /// The restore's name.
  public var id: RestoreID
  /// What was asked for: the name of a service or a source.
  public var name: String
  /// The repository's id.
  public var repository: String
  /// When it was begun.
  public var begun: Timestamp
  /// When what was wanted was reached last; nil until then.
  public var ended: Timestamp?
  /// Until when what was replaced is meant to be kept; nil until it was replaced.
  public var expires: Timestamp?
  /// For how many seconds it is meant to be kept.
  public var keepSeconds: Int64
  /// What is wanted.
  public var intent = Intent.restore
  /// The sources, in the order in which they are restored.
  public var parts: [Part]

  /// Whether what is wanted is reached.
  public var isReached: Bool {
    switch intent {
    case .restore: parts.allSatisfy { $0.state == .exchanged }
    case .undo: parts.allSatisfy { $0.state == .undone || $0.state == .removed }
    case .forget: parts.allSatisfy { $0.state == .removed }
    }
  }

  /// Whether what is kept is meant to be kept no longer.
  public func isExpired(at now: Timestamp) -> Bool { expires.map { $0 <= now } ?? false }

  /// Whether anything is still kept on disk.
  public var keepsAnything: Bool { parts.contains { $0.state != .removed } }
}
