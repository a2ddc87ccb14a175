import BackupArchive
public import BackupModel
import FoundationEssentials

/// One complete, restorable state of one source, as its file in `points/` describes it.
public struct RecoveryPoint: Codable, Hashable, Sendable {
  /// Where a tree was read.
  public struct Origin: Codable, Hashable, Sendable {
    /// The path as it was given.
    public var path: String
    /// The path without symbolic links.
    public var resolvedPath: String

    /// Records both names of a path.
    public init(path: String, resolvedPath: String) {
      self.path = path
      self.resolvedPath = resolvedPath
    }
  }

  /// How still the source was.
  public enum Consistency: String, Codable, Hashable, Sendable {
    /// Read in place while programs may have written.
    case live
    /// As after a power cut at one instant.
    case crash
    /// After the file system replayed its journal.
    case journal
    /// While a hook held the application still.
    case hook
  }

  /// Whether everything could be read.
  public enum State: String, Codable, Hashable, Sendable {
    /// Everything was.
    case complete
    /// Some items weren't, or changed while they were read; `warnings` names them.
    case warnings
  }

  /// Something that couldn't be archived as it should be.
  public struct Warning: Codable, Hashable, Sendable {
    /// The path, other bytes than UTF-8 shown as `\xHH`.
    public var path: String
    /// What happened.
    public var problem: String
    /// The error number, if a system call failed.
    public var errno: Int32?

    /// Records a problem of a path.
    public init(path: String, problem: String, errno: Int32? = nil) {
      self.path = path
      self.problem = problem
      self.errno = errno
    }
  }

  /// What was found, read and stored.
  public struct Statistics: Codable, Hashable, Sendable {
    /// Entries of all kinds.
    public var entries = 0
    /// Regular files, hard links counted once.
    public var files = 0
    /// Directories.
    public var directories = 0
    /// Bytes of all files, holes left out.
    public var bytes: Int64 = 0
    /// Chunks that were new.
    public var newChunks = 0
    /// Their bytes.
    public var newBytes: Int64 = 0
    /// Bytes written to packs.
    public var storedBytes: Int64 = 0
    /// Bytes read from the source.
    public var readBytes: Int64 = 0
    /// Files opened and read.
    public var filesRead = 0

    /// Nothing yet.
    public init() {}
  }

  /// The format version.
  public var format = RepositoryDescription.knownFormat
  /// The point's own name.
  public var id: RecoveryPointID
  /// The source.
  public var source: SourceID
  /// The repository that it was written to.
  public var repository: String
  /// When reading began.
  public var begun: Timestamp
  /// When it was complete.
  public var ended: Timestamp
  /// The host's name.
  public var host: String
  /// Name and version of the program.
  public var tool: String
  /// Where the source was read, for trees.
  public var origin: Origin?
  /// The volume that was read, if the source is one.
  public var volume: Volume?
  /// How still the source was.
  public var consistency: Consistency
  /// Whether everything could be read.
  public var state: State
  /// Why the point looks wrong; empty for a good one.
  public var suspicious: [String]
  /// Where the index begins.
  public var index: IndexRoot
  /// What was found, read and stored.
  public var statistics: Statistics
  /// At most 1000 items that couldn't be archived as they should be.
  public var warnings: [Warning]
  /// How many there were.
  public var warningCount: Int

  /// The most warnings that a point lists.
  public static let mostWarnings = 1000

  /// Describes a point.
  public init(
    id: RecoveryPointID, source: SourceID, repository: String, begun: Timestamp, ended: Timestamp, host: String,
    tool: String, origin: Origin?, volume: Volume? = nil, consistency: Consistency, suspicious: [String],
    index: IndexRoot, statistics: Statistics, warnings: [Warning], warningCount: Int
  ) {
    self.id = id
    self.source = source
    self.repository = repository
    self.begun = begun
    self.ended = ended
    self.host = host
    self.tool = tool
    self.origin = origin
    self.volume = volume
    self.consistency = consistency
    self.state = warningCount == 0 ? .complete : .warnings
    self.suspicious = suspicious
    self.index = index
    self.statistics = statistics
    self.warnings = warnings
    self.warningCount = warningCount
  }

  /// Whether the point counts as a good one: complete enough to restore from and not suspicious.
  public var isGood: Bool { suspicious.isEmpty }
}

/// The file of a point: the document and its digest (`docs/format.md`, section 8).
enum PointFile {
  static let limit = 16 << 20
  private static let prefix = Array(#"{"point":"#.utf8)
  private static let middle = Array(#","sha256":""#.utf8)
  private static let suffix = Array("\"}\n".utf8)

  static func encode(_ point: RecoveryPoint) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let document = Array(try encoder.encode(point))
    return prefix + document + middle + Array(ChunkID(of: document).description.utf8) + suffix
  }

  /// Reads a point and checks its digest.
  ///
  /// - Parameter name: what to call the file in an error.
  static func decode(_ bytes: [UInt8], name: String) throws -> RecoveryPoint {
    let tail = middle.count + 64 + suffix.count
    guard bytes.count > prefix.count + tail, bytes.starts(with: prefix), bytes.suffix(suffix.count) == suffix[...]
    else { throw damaged(name, "it is cut short or not a point") }
    let documentEnd = bytes.count - tail
    let document = bytes[prefix.count..<documentEnd]
    let digest = bytes[(documentEnd + middle.count)..<(documentEnd + middle.count + 64)]
    guard bytes[documentEnd...].starts(with: middle), ChunkID(hexadecimal: digest) == ChunkID(of: document) else {
      throw damaged(name, "it does not match its digest")
    }
    do {
      let point = try JSONDecoder().decode(RecoveryPoint.self, from: Data(document))
      guard point.format <= RepositoryDescription.knownFormat else {
        throw RepositoryError(
          .formatTooNew, "cannot read the point \(name): it has format \(point.format)",
          hint: "install a newer backupctl, or restore with the repository's own rescue.py")
      }
      return point
    } catch let error as DecodingError {
      throw damaged(name, "\(error)".prefixLine)
    }
  }

  private static func damaged(_ name: String, _ cause: String) -> RepositoryError {
    RepositoryError(
      .damaged, "cannot read the point \(name): the file is damaged", cause: cause,
      hint: "the point's data may be whole: list the source's other points with `backupctl points`")
  }
}
