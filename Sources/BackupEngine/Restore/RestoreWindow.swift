import BackupArchive
import BackupModel
import BackupRepository
import HostSystem

/// A further name of an inode, to be made when the file has its content.
struct PendingLink: Sendable {
  var entry: IndexEntry
  var directory: TargetDirectory
  /// The path that was restored under the first name.
  var target: PathBytes
}

/// Consecutive entries whose content is fetched together, so that each frame is decompressed once for all of them.
///
/// Only names and places are held, never content. The limits keep memory and open directories bounded.
struct RestoreWindow {
  private static let mostExtents = 8192
  private static let mostBytes: Int64 = 128 << 20
  private static let mostDirectories = 128
  private static let mostSpreadFiles = 128

  private(set) var files: [RestoringFile] = []
  private(set) var links: [PendingLink] = []
  private var extentCount = 0
  private var bytes: Int64 = 0
  private var spreadCount = 0
  private var directories: Set<ObjectIdentifier> = []

  /// Whether it is time to fetch.
  var isFull: Bool {
    extentCount + links.count >= Self.mostExtents || bytes >= Self.mostBytes
      || directories.count >= Self.mostDirectories || spreadCount >= Self.mostSpreadFiles
  }

  /// Whether there is nothing to do.
  var isEmpty: Bool { files.isEmpty && links.isEmpty }

  /// Adds a file.
  mutating func add(_ file: RestoringFile) {
    files.append(file)
    extentCount += file.entry.extents.count + 1
    bytes += file.entry.dataBytes
    if file.entry.extents.count > 1 { spreadCount += 1 }
    directories.insert(ObjectIdentifier(file.directory))
  }

  /// Adds a hard link.
  mutating func add(_ link: PendingLink) {
    links.append(link)
    directories.insert(ObjectIdentifier(link.directory))
  }
}

/// A piece of a file in a frame.
struct FramePiece: Sendable {
  /// Where in the file it goes.
  var offset: Int64
  /// Where its bytes are.
  var location: ChunkLocation
}

/// What one file needs of a frame.
struct FrameJob: Sendable {
  var file: RestoringFile
  var pieces: [FramePiece]
  /// Whether the file needs nothing else.
  var isWhole: Bool
}

/// What one worker does at a time.
enum RestoreTask: Sendable {
  /// Files are written from one frame; without one if they have no content.
  case frame(ChunkLocation?, [FrameJob])
  /// Files whose names may be taken are compared with what is there.
  case examine([RestoringFile])
}

/// Groups the pieces that files need by the frames that hold them.
struct FrameGrouping {
  private struct FrameKey: Hashable {
    var pack: ObjectIdentifier
    var frame: UInt32
  }

  private static let emptyFilesPerTask = 64
  private var groups: [(location: ChunkLocation, jobs: [FrameJob])] = []
  private var numbers: [FrameKey: Int] = [:]
  private var withoutContent: [FrameJob] = []

  /// Adds a file.
  ///
  /// - Throws: ``RestoreFailure`` if a chunk isn't there; nothing of the file is added then.
  mutating func add(_ file: RestoringFile, _ chunks: ChunkReader) throws(RestoreFailure) {
    let wanted = file.extentsToWrite
    guard !wanted.isEmpty else {
      withoutContent.append(FrameJob(file: file, pieces: [], isWhole: true))
      return
    }
    let pieces = try Self.locate(wanted, of: file.entry, chunks)
    let keys = pieces.map { FrameKey(pack: ObjectIdentifier($0.location.reader), frame: $0.location.record.frame) }
    let isWhole = keys.dropFirst().allSatisfy { $0 == keys[0] }
    if isWhole {
      append(FrameJob(file: file, pieces: pieces, isWhole: true), to: keys[0])
      return
    }
    file.expect(pieces: pieces.count)
    var start = 0
    while start < pieces.count {
      let end = keys[start...].firstIndex { $0 != keys[start] } ?? pieces.count
      append(FrameJob(file: file, pieces: Array(pieces[start..<end]), isWhole: false), to: keys[start])
      start = end
    }
  }

  private static func locate(
    _ wanted: [Int], of entry: IndexEntry, _ chunks: ChunkReader
  ) throws(RestoreFailure) -> [FramePiece] {
    var pieces: [FramePiece] = []
    pieces.reserveCapacity(wanted.count)
    var offset: Int64 = 0
    var number = 0
    for next in wanted {
      while number < next {
        offset += entry.extents[number].length
        number += 1
      }
      guard let chunk = entry.extents[next].chunk else { continue }
      let location: ChunkLocation
      do {
        location = try chunks.location(of: chunk)
      } catch {
        throw RestoreFailure(stored: error)
      }
      guard Int64(location.record.length) == entry.extents[next].length else {
        throw RestoreFailure(reason: "the index and pack \(location.pack) disagree about a length", isDamage: true)
      }
      pieces.append(FramePiece(offset: offset, location: location))
    }
    return pieces
  }

  private mutating func append(_ job: FrameJob, to key: FrameKey) {
    if let number = numbers[key] {
      groups[number].jobs.append(job)
    } else if let location = job.pieces.first?.location {
      numbers[key] = groups.count
      groups.append((location, [job]))
    }
  }

  /// The tasks, in the order of the packs.
  consuming func tasks() -> [RestoreTask] {
    groups.sort { left, right in
      (left.location.pack, left.location.record.frame) < (right.location.pack, right.location.record.frame)
    }
    var tasks: [RestoreTask] = stride(from: 0, to: withoutContent.count, by: Self.emptyFilesPerTask).map { start in
      let end = min(start + Self.emptyFilesPerTask, withoutContent.count)
      return .frame(nil, Array(withoutContent[start..<end]))
    }
    for group in groups { tasks.append(.frame(group.location, group.jobs)) }
    return tasks
  }
}
