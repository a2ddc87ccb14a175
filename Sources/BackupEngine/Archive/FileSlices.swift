import BackupArchive
import BackupModel
import BackupRepository

/// Gathers the chunks of a large file into slices.
struct FileSlices {
  /// Headers of the member, which go before the first slice.
  var before: [UInt8] = []
  /// The data of the slice being gathered.
  private(set) var data: [UInt8] = []
  /// The file was found shorter than its status said.
  var endsEarly = false
  private var pieces: [SlicePiece] = []
  private var sliceStart: Int64 = 0
  private var position: Int64 = 0
  private var storedBytes: Int64 = 0
  private let entry: IndexEntry
  private let memberBytes: Int64
  private let isMember: Bool
  private let begun: Timestamp

  /// Begins to gather a file.
  ///
  /// - Parameter isMember: whether the slices make up one ordinary member, or are members of their own.
  init(entry: IndexEntry, ranges: [Range<Int64>], isMember: Bool, context: ArchiveContext) {
    self.entry = entry
    self.isMember = isMember
    begun = context.begun
    memberBytes = ranges.reduce(0) { $0 + $1.upperBound - $1.lowerBound }
  }

  /// Goes on at an offset, over a hole if there is one.
  mutating func skip(to offset: Int64) {
    guard offset > position else { return }
    pieces.append(.hole(offset - position))
    position = offset
  }

  /// Appends a chunk.
  mutating func append(chunk: ArraySlice<UInt8>) {
    data += chunk
    pieces.append(.chunk(chunk.count))
    position += Int64(chunk.count)
  }

  /// Ends the current slice and begins the next one.
  mutating func take(after padding: Int = 0) -> SliceWork {
    let storing: SliceWork.Storing
    if isMember {
      storing = .member(before: before, after: padding)
      storedBytes += Int64(data.count)
      before = []
    } else {
      storing = .parts(
        PartsMember(of: entry, at: sliceStart, begun: begun).member(size: entry.size, ranges: []))
    }
    defer {
      data = []
      pieces = []
      sliceStart = position
    }
    return SliceWork(data: data, pieces: pieces, offset: sliceStart, storing: storing)
  }

  /// Ends the file: the last slices, with the padding that the member needs.
  mutating func finish(_ outcome: LargeFileOutcome, problems: [RecoveryPoint.Warning]) -> [SliceWork] {
    var outcome = outcome
    if case .finished(var entry) = outcome {
      if endsEarly { entry.size = position } else { skip(to: entry.size) }
      outcome = .finished(entry)
    }
    var works = [take()]
    if isMember {
      // The header promised `memberBytes`; a file that shrank leaves a rest, which tar readers see as zeros.
      var rest = memberBytes - storedBytes + (512 - memberBytes % 512) % 512
      while rest > 0 {
        let count = min(rest, 8 << 20)
        works.append(
          SliceWork(data: [], pieces: [], offset: position, storing: .member(before: [], after: Int(count))))
        rest -= count
      }
    }
    works[works.count - 1].outcome = outcome
    works[works.count - 1].problems = problems
    return works
  }
}
