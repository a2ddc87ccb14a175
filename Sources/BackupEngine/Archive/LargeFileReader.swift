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
    let isMember = context.isFirst ? true : try previous == nil && startsNew(reading, ranges)
    var slice = FileSlices(entry: entry, ranges: ranges, isMember: isMember, context: context)
    if isMember {
      let isSparse = ranges != [0..<entry.size]
      let serializer = try TarSerializer()
      try serializer.appendHeaderOnly(
        member(of: entry, kind: .file(size: entry.size, dataRanges: isSparse ? ranges : nil)))
      slice.before = serializer.output
    }
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
    let window = max(context.chunker.maximum, Int(context.parameters.frameSize.bytes))
    for range in ranges {
      slice.skip(to: range.lowerBound)
      var readTo = range.lowerBound
      var buffer: [UInt8] = []
      var start = 0
      while true {
        try cancellation.check()
        if buffer.count - start < context.chunker.maximum, readTo < range.upperBound {
          buffer.removeFirst(start)
          start = 0
          let count = Int(min(Int64(window), range.upperBound - readTo))
          var isWhole = false
          do throws(SystemError) {
            isWhole = try reading.read(at: readTo, count: count, appendingTo: &buffer)
          } catch {
            return error
          }
          readTo = isWhole ? readTo + Int64(count) : range.upperBound
          if !isWhole { slice.endsEarly = true }
        }
        guard start < buffer.count else { break }
        let length = context.chunker.firstChunkLength(in: buffer, from: start, to: buffer.count)
        slice.append(chunk: buffer[start..<start + length])
        start += length
        if slice.data.count >= context.parameters.frameSize.bytes { try submit(.slice(slice.take())) }
      }
      if slice.endsEarly { break }
    }
    return nil
  }

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

  /// Whether the first chunk of a file is unknown: then it's a new file, not a known one under another name.
  private func startsNew(_ reading: FileReading, _ ranges: [Range<Int64>]) throws -> Bool {
    guard let range = ranges.first else { return true }
    var buffer: [UInt8] = []
    let count = min(Int64(context.chunker.maximum), range.upperBound - range.lowerBound)
    _ = try reading.file.read(at: range.lowerBound, count: Int(count), appendingTo: &buffer)
    let length = context.chunker.firstChunkLength(in: buffer, from: 0, to: buffer.count)
    return try !context.claims.contains(ChunkID(of: buffer[..<length]))
  }

  private func warning(_ entry: IndexEntry, _ problem: String, _ errno: Int32?) -> RecoveryPoint.Warning {
    RecoveryPoint.Warning(path: entry.path.displayedPath, problem: problem, errno: errno)
  }
}
