import BackupArchive
import BackupModel
import BackupRepository
import HostSystem

/// Reads one large file from its beginning to its end and hands it on in slices cut between chunks.
///
/// Holds at most one slice and one chunk of the file. Runs on the planner's thread: the order of reading is the order on disk.
struct LargeFileReader {
  let context: ArchiveContext
  let submit: (ArchiveWork) throws -> Void
  let cancellation: Cancellation

  /// Reads a file.
  ///
  /// - Throws: `SystemError` if it can't be opened or its first byte not be read: then nothing was submitted. What `submit` throws.
  func read(_ base: IndexEntry, _ file: OpenFile, previous: IndexEntry?) throws {
    let reading = try FileReading(file, clock: context.clock)
    var entry = IndexEntry(
      path: base.path, status: reading.status, ownerName: base.ownerName, groupName: base.groupName)
    var problems: [RecoveryPoint.Warning] = []
    do throws(SystemError) {
      entry.attributes = try file.extendedAttributes()
    } catch {
      problems.append(warning(entry, "its extended attributes can't be read: \(error.reason)", error.errno))
    }
    let ranges = try reading.dataRanges()
    let isMember = try context.isFirst || (previous == nil && isNew(reading, ranges))
    var layout = SliceLayout.parts(all: false)
    if isMember {
      let isSparse = ranges != [0..<entry.size]
      let serializer = try TarSerializer()
      try serializer.appendHeaderOnly(
        member(of: entry, kind: .file(size: entry.size, dataRanges: isSparse ? ranges : nil)))
      layout = .member(
        header: serializer.output, bytes: ranges.reduce(0) { $0 + $1.upperBound - $1.lowerBound })
    }
    var slice = FileSlices(entry: entry, layout: layout, context: context)
    let failure = try readRanges(ranges, reading, &slice)
    finish(&entry, reading, failure, endedEarly: slice.endsEarly, &problems)
    let outcome = failure == nil ? LargeFileOutcome.finished(entry) : .abandoned(entry.path)
    for work in slice.finish(outcome, problems: problems) { try submit(.slice(work)) }
  }

  /// Reads all ranges and submits all slices but the last.
  ///
  /// - Returns: the error that ended reading early, if one did.
  private func readRanges(
    _ ranges: [Range<Int64>], _ reading: FileReading, _ slice: inout FileSlices
  ) throws -> SystemError? {
    for range in ranges {
      slice.skip(to: range.lowerBound)
      var readTo = range.lowerBound
      var scan = ChunkScan()
      while readTo < range.upperBound || slice.chunkStart < slice.content.count {
        try cancellation.check()
        if let length = context.chunker.nextCut(
          in: slice.content, chunkStart: slice.chunkStart, available: slice.content.count,
          isEnd: readTo == range.upperBound, &scan)
        {
          slice.appendChunk(length: length)
          if slice.dataBytes >= context.parameters.frameSize.bytes { try submit(.slice(slice.take())) }
          continue
        }
        let count = Int(min(Self.readBytes, range.upperBound - readTo))
        do throws(SystemError) {
          if try reading.read(at: readTo, count: count, appendingTo: &slice.content) {
            readTo += Int64(count)
            context.pacer?.didRead(count)
          } else {
            readTo = range.upperBound
            slice.endsEarly = true
          }
        } catch {
          return error
        }
      }
      if slice.endsEarly { break }
    }
    return nil
  }

  /// Bytes of one read: what is read ahead of a slice's end is copied once, so it is kept small.
  private static let readBytes: Int64 = 256 << 10

  private func finish(
    _ entry: inout IndexEntry, _ reading: FileReading, _ failure: SystemError?, endedEarly: Bool,
    _ problems: inout [RecoveryPoint.Warning]
  ) {
    entry.isRecent = reading.isRecent
    do throws(SystemError) {
      if let failure { throw failure }
      try reading.finish(endedEarly: endedEarly)
      if reading.changed {
        entry.changedWhileRead = true
        problems.append(warning(entry, "changed while it was read", nil))
      }
    } catch {
      problems.append(warning(entry, "can't be read: \(error.reason)", error.errno))
    }
  }

  /// Whether nothing of a file without predecessor seems to be stored.
  private func isNew(_ reading: FileReading, _ ranges: [Range<Int64>]) throws -> Bool {
    let search = StoredContentSearch(
      reading.file, chunker: context.chunker, claims: context.claims, cancellation: cancellation)
    do {
      return try !search.findsAny(in: ranges)
    } catch is SystemError {
      // The reading that follows comes to the same place, and says of it what is to be said.
      return true
    }
  }

  private func warning(_ entry: IndexEntry, _ problem: String, _ errno: Int32?) -> RecoveryPoint.Warning {
    RecoveryPoint.Warning(path: entry.path.displayedPath, problem: problem, errno: errno)
  }
}
