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
    extents += result.extents
    if let outcome = result.outcome { try end(outcome) }
    if !failedPaths.isEmpty, result.links.contains(where: isBroken) {
      try appendMendingLinks(result)
    } else {
      try writer.appendIndex(result.lines[...])
    }
    if result.endsMember { try writer.sealIfFull() }
  }

  /// Adds problems to the report.
  mutating func warn(_ problems: [RecoveryPoint.Warning]) {
    warningCount += problems.count
    warnings += problems.prefix(max(0, RecoveryPoint.mostWarnings - warnings.count))
  }

  private mutating func end(_ outcome: LargeFileOutcome) throws {
    defer { extents = [] }
    switch outcome {
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
