import BackupArchive
import BackupModel
import BackupRepository
import HostSystem

/// A piece of an archive that one worker does at a time; pieces are committed in the order in which they were planned.
enum ArchiveWork: Sendable {
  case entries(EntriesWork)
  case slice(SliceWork)
}

/// Consecutive entries of a walk: unchanged ones as finished lines, others to be read.
struct EntriesWork: Sendable {
  enum Item: Sendable {
    /// Lines taken over from the previous index.
    case lines(Range<Int>)
    /// An entry to read.
    case read(EntryToRead)
  }

  var walked: [WalkBatch] = []
  var items: [Item] = []
  var takenLines: [UInt8] = []
  var statistics = RecoveryPoint.Statistics()
  var problems: [RecoveryPoint.Warning] = []
  /// Paths that could not be opened.
  var failedPaths: [PathBytes] = []
}

/// An entry that is new or changed.
struct EntryToRead: Sendable {
  /// Index into the batches of the piece.
  var batch: Int
  /// Index into the entries of the batch.
  var position: Int
  var ownerName: [UInt8]
  var groupName: [UInt8]
  /// The first path of the same inode, if this isn't the first.
  var hardLinkTarget: PathBytes?
  /// The entry at this path in the previous point.
  var previous: IndexEntry?
}

/// A run of chunks of one large file.
struct SliceWork: Sendable {
  /// How the slice is stored.
  enum Storing: Sendable {
    /// As part of one ordinary member: the content is the frame's, header and padding included.
    case member(beginsMember: Bool)
    /// As a member of its own with only what is new, or with all that is in the slice.
    case parts(TarMember, all: Bool)
    /// As an ordinary member of its own with all that is in the slice, new or not.
    case whole(TarMember)
  }

  var content: [UInt8]
  /// The slice's data in `content`, holes left out.
  var data: Range<Int>
  /// The chunks in the data, interleaved with holes; joined they are a range of the file.
  var pieces: [SlicePiece]
  /// Where in the file the slice begins.
  var offset: Int64
  var storing: Storing
  /// Whether a pack may be sealed after this slice although the file goes on.
  var mayEndPack = false
  /// Whether a chunk of zeros becomes a hole.
  var zerosAreHoles = false
  /// Bytes of the data that weren't read: zeros that stand for what is known to be zeros.
  var unreadBytes = 0
  /// With the last slice: what became of the file.
  var outcome: LargeFileOutcome?
  var problems: [RecoveryPoint.Warning] = []
}

/// What became of a file that was read in slices.
enum LargeFileOutcome: Sendable {
  /// The entry, without extents; a size below that of its slices means the file's end.
  case finished(IndexEntry)
  /// It could not be read to its end, and is no entry of the point.
  case abandoned(PathBytes)
}

/// A piece of a file that a slice makes up.
enum SlicePiece: Sendable {
  /// The next bytes of the slice's data.
  case chunk(Int)
  case hole(Int64)
  /// An extent of the previous point, whose content wasn't read.
  case taken(Extent)
}

/// What a worker made of a piece.
struct ArchiveResult: Sendable {
  var lines: [UInt8] = []
  var frames: [EncodedFrame] = []
  var statistics = RecoveryPoint.Statistics()
  var problems: [RecoveryPoint.Warning] = []
  /// Extents of a slice.
  var extents: [Extent] = []
  /// What became of the file that the slices up to this one make up.
  var outcome: LargeFileOutcome?
  /// Paths that could not be read, which later hard links must not refer to.
  var failedPaths: [PathBytes] = []
  /// Hard links in `lines`, in order.
  var links: [HardLinkLine] = []
  /// Whether the pack may be sealed after this piece.
  var endsMember = true
}

/// A line that refers to another entry.
struct HardLinkLine: Sendable {
  var range: Range<Int>
  var entry: IndexEntry
  var toRead: EntryToRead
}

/// What the workers and the planner share.
struct ArchiveContext: Sendable {
  var claims: ChunkClaims
  /// Every entry is stored as a whole ordinary member.
  var isFirst: Bool
  var parameters: WriterParameters
  var chunker: Chunker
  var clock: any HostClock
  var progress: ArchiveProgress
  /// What keeps reading and writing within limits.
  var pacer: Pacer?
  /// The time written into the headers of members that packs reserve.
  var begun: Timestamp

  /// Files larger than this are read in slices.
  var largeFileBytes: Int64 { max(parameters.frameSize.bytes, Int64(chunker.minimum)) }
}

/// The tar path of an entry: top-level names that packs reserve are stored out of the way.
func memberPath(_ path: PathBytes) -> PathBytes {
  let reserved = Array(".backupctl".utf8)
  guard path.starts(with: reserved), path.count == reserved.count || path[reserved.count] == 0x2F else { return path }
  return Array(".backupctl/literal/".utf8) + path
}
