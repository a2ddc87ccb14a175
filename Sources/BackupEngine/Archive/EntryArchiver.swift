import BackupArchive
import BackupModel
import BackupRepository
import HostSystem

/// Reads entries that are new or changed, and makes their index lines and frames.
///
/// Not thread-safe: each worker has its own.
final class EntryArchiver {
  private let context: ArchiveContext
  private let encoder: FrameEncoder
  private let serializer: TarSerializer
  private var content: [UInt8] = []
  private var chunks: [FrameChunk] = []
  private var result = ArchiveResult()

  init(_ context: ArchiveContext) throws {
    self.context = context
    encoder = try FrameEncoder(level: context.parameters.compressionLevel)
    serializer = try TarSerializer()
  }

  func process(_ work: EntriesWork) throws -> ArchiveResult {
    result = ArchiveResult(
      statistics: work.statistics, problems: work.problems, failedPaths: work.failedPaths)
    for item in work.items {
      switch item {
      case .lines(let range): result.lines += work.takenLines[range]
      case .read(let entry): try archive(entry, in: work.walked[entry.batch])
      }
      if serializer.output.count >= context.parameters.frameSize.bytes { try flush() }
    }
    try flush()
    context.progress.add(entries: result.statistics.entries, bytes: work.statistics.bytes)
    return result
  }

  private func flush() throws {
    guard !serializer.output.isEmpty else { return }
    result.frames.append(try encoder.encode(serializer.output, chunks: chunks, beginsMember: true))
    serializer.output.removeAll(keepingCapacity: true)
    chunks.removeAll(keepingCapacity: true)
  }

  private func archive(_ toRead: EntryToRead, in batch: WalkBatch) throws {
    let walked = batch.entries[toRead.position]
    let path = Array(batch.path(walked))
    do {
      var entry = IndexEntry(
        path: path, status: walked.status, ownerName: toRead.ownerName, groupName: toRead.groupName)
      if let target = toRead.hardLinkTarget {
        entry.hardLinkTarget = target
        try append(member(of: entry, kind: .hardLink(to: memberPath(target))))
      } else if walked.status.kind == .file {
        try archiveFile(&entry, walked, batch, previous: toRead.previous)
      } else {
        try archiveSpecial(&entry, walked, batch)
      }
      let start = result.lines.count
      IndexLine.append(entry, to: &result.lines)
      if entry.hardLinkTarget != nil {
        result.links.append(HardLinkLine(range: start..<result.lines.count, entry: entry, toRead: toRead))
      }
      count(entry)
    } catch let error as SystemError {
      fail(path, error.isMissing ? "vanished before it was read" : "can't be read: \(error.reason)", error.errno)
    }
  }

  private func count(_ entry: IndexEntry) {
    result.statistics.entries += 1
    switch entry.kind {
    case .file where entry.hardLinkTarget == nil:
      result.statistics.files += 1
      result.statistics.bytes += entry.dataBytes
    case .directory: result.statistics.directories += 1
    default: break
    }
  }

  private func fail(_ path: PathBytes, _ problem: String, _ errno: Int32?) {
    result.problems.append(RecoveryPoint.Warning(path: path.displayedPath, problem: problem, errno: errno))
    result.failedPaths.append(path)
  }

  // MARK: - Entries without content

  private func archiveSpecial(_ entry: inout IndexEntry, _ walked: WalkBatch.Entry, _ batch: WalkBatch) throws {
    if walked.directory < 0 {
      entry.attributes = try attributes(entry.path) { () throws(SystemError) in
        try batch.directories[0].extendedAttributes()
      }
    } else {
      let directory = batch.directories[walked.directory]
      let name = Array(batch.names[walked.name..<walked.path.upperBound])
      if entry.kind == .symbolicLink {
        let target = try directory.linkTarget(of: name)
        entry.linkTarget = target
        entry.size = Int64(target.count)
      }
      entry.attributes = try attributes(entry.path) { () throws(SystemError) in
        try directory.extendedAttributes(of: name)
      }
    }
    switch entry.kind {
    case .directory: try append(member(of: entry, kind: .directory))
    case .symbolicLink: try append(member(of: entry, kind: .symbolicLink(target: entry.linkTarget ?? [])))
    case .characterDevice: try append(member(of: entry, kind: .characterDevice(entry.device)))
    case .blockDevice: try append(member(of: entry, kind: .blockDevice(entry.device)))
    case .fifo: try append(member(of: entry, kind: .fifo))
    // tar has no type for sockets; the index keeps them.
    case .socket, .file: break
    }
  }

  private func attributes(
    _ path: PathBytes, _ read: () throws(SystemError) -> [ExtendedAttribute]
  ) throws -> [ExtendedAttribute] {
    do throws(SystemError) {
      return try read()
    } catch {
      if error.isMissing { throw error }
      result.problems.append(
        RecoveryPoint.Warning(
          path: path.displayedPath, problem: "its extended attributes can't be read: \(error.reason)",
          errno: error.errno))
      return []
    }
  }

  // MARK: - Files

  private func archiveFile(
    _ entry: inout IndexEntry, _ walked: WalkBatch.Entry, _ batch: WalkBatch, previous: IndexEntry?
  ) throws {
    let name = NameInArray(in: batch.names, at: walked.name)
    let opened = try batch.directories[walked.directory].open(name, .read)
    let reading = try FileReading(
      opened, clock: context.clock, mostBytes: Int64(PackLimits.frameContentBytes / 2))
    var ranges = try reading.readAll(into: &content)
    if reading.changed {
      // Once more: most changes are over in a moment.
      try reading.restart()
      ranges = try reading.readAll(into: &content)
    }
    result.statistics.filesRead += 1
    result.statistics.readBytes += Int64(content.count)
    context.progress.add(bytes: Int64(content.count), readBytes: Int64(content.count))
    context.pacer?.didRead(content.count)
    let file = reading.file
    entry = IndexEntry(
      path: entry.path, status: reading.status, ownerName: entry.ownerName, groupName: entry.groupName)
    entry.size = reading.readSize
    entry.isRecent = reading.isRecent
    entry.changedWhileRead = reading.changed
    if reading.changed {
      result.problems.append(
        RecoveryPoint.Warning(path: entry.path.displayedPath, problem: "changed while it was read"))
    }
    entry.attributes = try attributes(entry.path) { () throws(SystemError) in try file.extendedAttributes() }
    try store(&entry, ranges: ranges)
  }

  private func store(_ entry: inout IndexEntry, ranges: [Range<Int64>]) throws {
    var fresh: [(id: ChunkID, data: Range<Int>, at: Int64)] = []
    var all: [(id: ChunkID, data: Range<Int>, isFresh: Bool)] = []
    var position: Int64 = 0
    var offset = 0
    for range in ranges {
      if range.lowerBound > position { entry.extents.append(Extent(length: range.lowerBound - position, chunk: nil)) }
      let end = offset + Int(range.upperBound - range.lowerBound)
      position = range.lowerBound
      while offset < end {
        let length = context.chunker.firstChunkLength(in: content, from: offset, to: end)
        let data = offset..<offset + length
        let id = ChunkID(of: content[data])
        let isFresh = try context.claims.claim(id)
        if isFresh {
          fresh.append((id, data, position))
          result.statistics.newChunks += 1
          result.statistics.newBytes += Int64(length)
        }
        all.append((id, data, isFresh))
        entry.extents.append(Extent(length: Int64(length), chunk: id))
        offset += length
        position += Int64(length)
      }
    }
    if entry.size > position { entry.extents.append(Extent(length: entry.size - position, chunk: nil)) }

    if context.isFirst || fresh.count == all.count {
      let isSparse = ranges != (entry.size == 0 ? [] : [0..<entry.size])
      let start = try append(
        member(of: entry, kind: .file(size: entry.size, dataRanges: isSparse ? ranges : nil)), data: content[...])
      for chunk in all where chunk.isFresh { note(chunk.id, at: start + chunk.data.lowerBound, chunk.data.count) }
    } else if !fresh.isEmpty {
      let parts = PartsMember(of: entry, at: 0, begun: context.begun)
      var data: [UInt8] = []
      for chunk in fresh { data += content[chunk.data] }
      let start = try append(
        parts.member(size: entry.size, ranges: fresh.map { $0.at..<$0.at + Int64($0.data.count) }), data: data[...])
      var at = start
      for chunk in fresh {
        note(chunk.id, at: at, chunk.data.count)
        at += chunk.data.count
      }
    }
  }

  private func note(_ id: ChunkID, at offset: Int, _ length: Int) {
    chunks.append(FrameChunk(id: id, offset: offset, length: length))
  }

  @discardableResult
  private func append(_ member: TarMember, data: ArraySlice<UInt8> = []) throws -> Int {
    // A frame is limited; what is there already goes first if both together would be too much.
    if serializer.output.count + data.count > PackLimits.frameContentBytes / 2 { try flush() }
    return try serializer.append(member, data: data)
  }
}

/// The tar member of an entry.
func member(of entry: IndexEntry, kind: TarMember.Kind) -> TarMember {
  TarMember(
    path: memberPath(entry.path), kind: kind, permissions: entry.permissions, owner: entry.owner, group: entry.group,
    ownerName: entry.ownerName, groupName: entry.groupName, modified: entry.modified, attributes: entry.attributes)
}

/// The reserved members that hold parts of a file.
struct PartsMember: Sendable {
  private let path: PathBytes
  private let begun: Timestamp

  /// Names the member for what begins at an offset of the file.
  init(of entry: IndexEntry, at offset: Int64, begun: Timestamp) {
    path = Array(".backupctl/parts/".utf8) + entry.path + Array("/\(offset)".utf8)
    self.begun = begun
  }

  /// A sparse member as long as the file, with data in some ranges.
  func member(size: Int64, ranges: [Range<Int64>]) -> TarMember {
    TarMember(
      path: path, kind: .file(size: max(size, ranges.last?.upperBound ?? 0), dataRanges: ranges), permissions: 0o600,
      modified: begun)
  }
}
