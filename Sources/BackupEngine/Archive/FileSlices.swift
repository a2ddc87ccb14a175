import BackupArchive
import BackupModel
import BackupRepository

/// How the slices of a file become members of a tar stream.
enum SliceLayout: Sendable {
  /// Together they are one ordinary member.
  ///
  /// - Parameters:
  ///   - header: what stands before its data.
  ///   - bytes: the length of its data that the header states.
  case member(header: [UInt8], bytes: Int64)
  /// Each is a member of its own, sparse and as long as the file, with only what is new or with all that is in it.
  case parts(all: Bool)
  /// Each is an ordinary member of its own with all its data, named after a point: for a file whose length isn't known
  /// before its end.
  case pieces(point: RecoveryPointID)

  var isMember: Bool {
    if case .member = self { true } else { false }
  }
}

/// Gathers the chunks of a large file into slices.
///
/// The bytes of a slice are read straight into ``content``, the array that becomes the content of its frame.
struct FileSlices {
  /// What the frame of the current slice begins with (headers, for the first one), then its data, then bytes that were read ahead.
  var content: [UInt8]
  /// Where the next chunk begins in ``content``.
  private(set) var chunkStart: Int
  /// The file was found shorter than its status said.
  var endsEarly = false
  private var dataStart: Int
  private var pieces: [SlicePiece] = []
  private var unreadBytes = 0
  private var sliceStart: Int64 = 0
  private var position: Int64 = 0
  private var storedBytes: Int64 = 0
  private let entry: IndexEntry
  private let layout: SliceLayout
  private let mayEndPack: Bool
  private let zerosAreHoles: Bool
  private let begun: Timestamp

  /// Begins to gather a file.
  ///
  /// - Parameters:
  ///   - mayEndPack: whether packs may be sealed between slices that are members of their own.
  ///   - zerosAreHoles: whether chunks of zeros become holes.
  init(
    entry: IndexEntry, layout: SliceLayout, context: ArchiveContext, mayEndPack: Bool = false,
    zerosAreHoles: Bool = false
  ) {
    self.zerosAreHoles = zerosAreHoles
    self.entry = entry
    self.layout = layout
    self.mayEndPack = mayEndPack && !layout.isMember
    begun = context.begun
    content = if case .member(let header, _) = layout { header } else { [] }
    dataStart = content.count
    chunkStart = content.count
  }

  /// Bytes of the chunks in the current slice.
  var dataBytes: Int { chunkStart - dataStart }
  /// How many chunks, holes and extents of the previous point are in the current slice.
  var pieceCount: Int { pieces.count }

  /// Goes on at an offset, over a hole if there is one.
  mutating func skip(to offset: Int64) {
    guard offset > position else { return }
    pieces.append(.hole(offset - position))
    position = offset
  }

  /// Takes the next bytes of ``content`` as a chunk.
  mutating func appendChunk(length: Int) {
    pieces.append(.chunk(length))
    chunkStart += length
    position += Int64(length)
  }

  /// Goes on behind an extent of the previous point.
  mutating func appendTaken(_ extent: Extent) {
    pieces.append(.taken(extent))
    position += extent.length
  }

  /// Takes the next bytes of ``content``, zeros that weren't read, as a chunk.
  mutating func appendUnreadZeros(length: Int) {
    unreadBytes += length
    appendChunk(length: length)
  }

  /// Ends the current slice and begins the next one with the bytes that were read ahead.
  mutating func take() -> SliceWork {
    let ahead = Array(content[chunkStart...])
    content.removeLast(ahead.count)
    let data = dataStart..<chunkStart
    let storing: SliceWork.Storing
    switch layout {
    case .member:
      storing = .member(beginsMember: dataStart > 0)
      storedBytes += Int64(data.count)
    case .parts(let all):
      storing = .parts(
        PartsMember(of: entry, at: sliceStart, begun: begun).member(size: entry.size, ranges: []), all: all)
    case .pieces(let point):
      storing = .whole(PieceMember(of: entry, at: sliceStart, point: point).member)
    }
    defer {
      content = ahead
      dataStart = 0
      chunkStart = 0
      pieces = []
      unreadBytes = 0
      sliceStart = position
    }
    return SliceWork(
      content: content, data: data, pieces: pieces, offset: sliceStart, storing: storing, mayEndPack: mayEndPack,
      zerosAreHoles: zerosAreHoles, unreadBytes: unreadBytes)
  }

  /// Ends the file: the last slices, with the padding that the member needs.
  mutating func finish(_ outcome: LargeFileOutcome, problems: [RecoveryPoint.Warning]) -> [SliceWork] {
    var outcome = outcome
    if case .finished(var entry) = outcome {
      if endsEarly { entry.size = position } else { skip(to: entry.size) }
      outcome = .finished(entry)
    }
    let isAll = sliceStart == 0
    var works = [take()]
    if case .pieces = layout, isAll {
      // All of it in one piece: its length is known after all, and it can bear its own name.
      works[0].storing = .whole(member(of: entry, kind: .file(size: 0, dataRanges: nil)))
    }
    if case .member(_, let memberBytes) = layout {
      // The header promised `memberBytes`; a file that shrank leaves a rest, which tar readers see as zeros.
      var rest = memberBytes - storedBytes + (512 - memberBytes % 512) % 512
      while rest > 0 {
        let count = min(rest, 8 << 20)
        works.append(
          SliceWork(
            content: [UInt8](repeating: 0, count: Int(count)), data: 0..<0, pieces: [], offset: position,
            storing: .member(beginsMember: false)))
        rest -= count
      }
    }
    works[works.count - 1].outcome = outcome
    works[works.count - 1].problems = problems
    return works
  }
}
