import BackupModel
import BackupRepository
import HostSystem

/// Puts the results of the workers, in order, into the pack and the index.
struct ArchiveCommitter {
  private let writer: PointWriter
  private let context: ArchiveContext
  private(set) var statistics = RecoveryPoint.Statistics()
  private(set) var warnings: [RecoveryPoint.Warning] = []
  private(set) var warningCount = 0
  private var extents: [Extent] = []
  private var failedPaths: Set<PathBytes> = []
  /// The volume as the point will describe it.
  var volume: RecoveryPoint.Volume?
  /// The index of the previous point, if the new point has the same.
  private(set) var unchangedIndex: IndexRoot?
  /// What takes the extents of an image, whose lines are written before it is whole.
  var image: ImageExtents?

  init(_ writer: PointWriter, _ context: ArchiveContext) {
    self.writer = writer
    self.context = context
  }

  /// Commits one result.
  mutating func commit(_ result: ArchiveResult) throws {
    for frame in result.frames {
      try writer.append(frame)
      context.pacer?.didWrite(frame.bytes.count)
    }
    add(result.statistics)
    warn(result.problems)
    failedPaths.formUnion(result.failedPaths)
    if image == nil { extents += result.extents } else { try commitImage(result.extents) }
    if let outcome = result.outcome { try end(outcome) }
    if !failedPaths.isEmpty, result.links.contains(where: isBroken) {
      try appendMendingLinks(result)
    } else {
      try writer.appendIndex(result.lines[...])
    }
    if result.endsMember { try writer.sealIfFull() }
  }

  /// Counts bytes that were read from the source beside what is stored.
  mutating func count(readBytes: Int64) {
    statistics.readBytes += readBytes
    context.progress.add(readBytes: readBytes)
  }

  /// Adds problems to the report.
  mutating func warn(_ problems: [RecoveryPoint.Warning]) {
    warningCount += problems.count
    warnings += problems.prefix(max(0, RecoveryPoint.mostWarnings - warnings.count))
  }

  /// Makes the new point have the index of an earlier one.
  mutating func takeOver(_ previous: RecoveryPoint) {
    unchangedIndex = previous.index
    statistics.entries = previous.statistics.entries
    statistics.files = previous.statistics.files
    statistics.directories = previous.statistics.directories
    statistics.bytes = previous.statistics.bytes
    context.progress.add(entries: statistics.entries, bytes: statistics.bytes)
  }

  private mutating func commitImage(_ extents: [Extent]) throws {
    var lines: [UInt8] = []
    image?.append(extents, to: &lines)
    try writer.appendIndex(lines[...])
  }

  private mutating func end(_ outcome: LargeFileOutcome) throws {
    defer { extents = [] }
    switch outcome {
    case .finished where image != nil:
      try writer.releaseIndexBlocks()
      var lines: [UInt8] = []
      statistics.bytes += image?.finish(to: &lines) ?? 0
      try writer.appendIndex(lines[...])
      statistics.entries += 1
      statistics.files += 1
      statistics.filesRead += 1
      context.progress.add(entries: 1)
    case .finished(var entry):
      entry.extents = extents
      var lines: [UInt8] = []
      IndexLine.append(entry, to: &lines)
      try writer.appendIndex(lines[...])
      statistics.entries += 1
      statistics.files += 1
      statistics.filesRead += 1
      statistics.bytes += entry.dataBytes
      context.progress.add(entries: 1)
    case .abandoned(let path): failedPaths.insert(path)
    }
  }

  private mutating func add(_ more: RecoveryPoint.Statistics) {
    statistics.entries += more.entries
    statistics.files += more.files
    statistics.directories += more.directories
    statistics.bytes += more.bytes
    statistics.newChunks += more.newChunks
    statistics.newBytes += more.newBytes
    statistics.readBytes += more.readBytes
    statistics.filesRead += more.filesRead
  }

  private func isBroken(_ link: HardLinkLine) -> Bool {
    link.entry.hardLinkTarget.map { failedPaths.contains($0) } ?? false
  }

  /// Leaves out links whose first name could not be read, and says so: their content is the one that could not be read.
  private mutating func appendMendingLinks(_ result: ArchiveResult) throws {
    var position = 0
    for link in result.links where isBroken(link) {
      try writer.appendIndex(result.lines[position..<link.range.lowerBound])
      position = link.range.upperBound
      failedPaths.insert(link.entry.path)
      statistics.entries -= 1
      warn([
        RecoveryPoint.Warning(
          path: link.entry.path.displayedPath,
          problem:
            "left out: it is the same file as \(link.entry.hardLinkTarget?.displayedPath ?? ""), which could not be read"
        )
      ])
    }
    try writer.appendIndex(result.lines[position...])
  }
}
