import BackupModel
import BackupRepository
import HostSystem

/// Decides by a merge of the walk with the previous index which entries are taken over and which are read.
///
/// Runs on one thread; what it plans goes to `submit` in order.
final class MergePlanner {
  private let context: ArchiveContext
  private let submit: (ArchiveWork) throws -> Void
  private let cancellation: Cancellation
  private var previous: PreviousEntries?
  private var accounts = AccountNames()
  private var firstPaths: [InodeIdentity: PathBytes] = [:]
  private var work = EntriesWork()
  private var plannedBytes: Int64 = 0
  private var prefix: [UInt8] = []
  /// The unchanged entry that was just refused because its stored content is damaged.
  private var refused: IndexEntry?

  private struct InodeIdentity: Hashable {
    var device: UInt64
    var inode: UInt64
  }

  private static let mostTakenBytes = 1 << 20

  init(
    _ context: ArchiveContext, previous: IndexReader?, cancellation: Cancellation,
    submit: @escaping (ArchiveWork) throws -> Void
  ) throws {
    self.context = context
    self.cancellation = cancellation
    self.submit = submit
    guard let previous else { return }
    do {
      self.previous = try PreviousEntries(previous)
    } catch let error as RepositoryError where error.code == .damaged {
      giveUpPrevious(error)
    }
  }

  /// Plans the next entries of the walk.
  func plan(_ batch: WalkBatch) throws {
    try cancellation.check()
    work.problems += batch.problems
    var batchIndex: Int?
    for position in batch.entries.indices {
      let walked = batch.entries[position]
      let ownerName = accounts.user(walked.status.owner)
      let groupName = accounts.group(walked.status.group)
      prefix.removeAll(keepingCapacity: true)
      IndexLine.appendStatus(
        path: batch.path(walked), status: walked.status, ownerName: ownerName, groupName: groupName, to: &prefix)
      let hardLinkTarget = hardLinkTarget(of: walked, in: batch)
      if try usingPrevious({ try takeOver(walked.status, hardLinkTarget: hardLinkTarget) }) ?? false { continue }
      let toRead = EntryToRead(
        batch: 0, position: position, ownerName: ownerName, groupName: groupName, hardLinkTarget: hardLinkTarget,
        previous: try usingPrevious { try previousEntry(at: batch.path(walked)) } ?? nil)
      if walked.status.kind == .file, hardLinkTarget == nil, walked.status.size > context.largeFileBytes {
        try planLargeFile(walked, toRead, batch)
        batchIndex = nil
        continue
      }
      if batchIndex == nil {
        batchIndex = work.walked.count
        work.walked.append(batch)
      }
      append(toRead, batch: batchIndex ?? 0, bytes: walked.status.kind == .file ? walked.status.size : 0)
      if plannedBytes >= context.parameters.frameSize.bytes {
        try flush()
        batchIndex = nil
      }
    }
    if work.takenLines.count >= Self.mostTakenBytes { try flush() }
  }

  /// Ends the plan.
  func finish() throws { try flush() }

  private func flush() throws {
    guard !work.items.isEmpty || !work.problems.isEmpty else { return }
    let full = work
    work = EntriesWork()
    plannedBytes = 0
    try submit(.entries(full))
  }

  private func append(_ toRead: EntryToRead, batch: Int, bytes: Int64) {
    var toRead = toRead
    toRead.batch = batch
    work.items.append(.read(toRead))
    // A header takes about 1.5 KiB of the frame whatever the file's length.
    plannedBytes += bytes + 1536
  }

  private func hardLinkTarget(of walked: WalkBatch.Entry, in batch: WalkBatch) -> PathBytes? {
    guard walked.status.links > 1, walked.status.kind != .directory else { return nil }
    let identity = InodeIdentity(device: walked.status.device, inode: walked.status.inode)
    if let first = firstPaths[identity] { return first }
    firstPaths[identity] = Array(batch.path(walked))
    return nil
  }

  // MARK: - The previous index

  /// Looks at the previous index; if it turns out to be damaged, goes on without it and reads what follows anew.
  private func usingPrevious<Result>(_ body: () throws -> Result) throws -> Result? {
    guard previous != nil else { return nil }
    do {
      return try body()
    } catch let error as RepositoryError where error.code == .damaged {
      giveUpPrevious(error)
      return nil
    }
  }

  private func giveUpPrevious(_ error: RepositoryError) {
    previous = nil
    work.problems.append(
      RecoveryPoint.Warning(
        path: ".", problem: "the previous index is damaged, so files are read that may be unchanged: \(error)"))
  }

  /// Takes the previous lines of the entry over if its status and the kind of its content are unchanged.
  ///
  /// `prefix` holds the status fields of the entry.
  private func takeOver(_ status: FileStatus, hardLinkTarget: PathBytes?) throws -> Bool {
    guard previous != nil else { return false }
    if previous?.lineBegins(with: prefix) != true {
      // What sorts before the entry is gone from the tree; what sorts after it waits.
      try skipRemoved()
      guard previous?.lineBegins(with: prefix) == true else { return false }
    }
    let attributes = previous?.attributes(after: prefix.count) ?? []
    guard mayTakeOver(attributes, hardLinkTarget: hardLinkTarget) else { return false }
    let start = work.takenLines.count
    try previous?.take(into: &work.takenLines)
    if context.claims.isSuspicious, try !isWhollyStored(linesFrom: start) { return false }
    if case .lines(let range)? = work.items.last, range.upperBound == start {
      work.items[work.items.count - 1] = .lines(range.lowerBound..<work.takenLines.count)
    } else {
      work.items.append(.lines(start..<work.takenLines.count))
    }
    count(status, isHardLink: hardLinkTarget != nil)
    return true
  }

  /// Looks for the chunks of the entry whose lines were just taken; if one can't be had, gives the lines back, so that the
  /// file is read again and heals.
  private func isWhollyStored(linesFrom start: Int) throws -> Bool {
    let entry = try PreviousEntries.entry(ofLines: work.takenLines[start...])
    if try context.claims.holdsAll(entry.extents) { return true }
    work.takenLines.removeLast(work.takenLines.count - start)
    refused = entry
    return false
  }

  private func count(_ status: FileStatus, isHardLink: Bool) {
    work.statistics.entries += 1
    switch status.kind {
    case .file where !isHardLink:
      work.statistics.files += 1
      work.statistics.bytes += min(status.size, status.allocatedBytes)
    case .directory: work.statistics.directories += 1
    default: break
    }
  }

  /// An entry that may have changed unseen is read again, and so is one whose place among hard links changed.
  private func mayTakeOver(_ attributes: ArraySlice<UInt8>, hardLinkTarget: PathBytes?) -> Bool {
    if attributes.isEmpty { return hardLinkTarget == nil }
    var target: PathBytes?
    for attribute in attributes.split(separator: 0x09) {
      if attribute.starts(with: "recent=".utf8) || attribute.starts(with: "changed=".utf8) { return false }
      if attribute.starts(with: "h=".utf8) { target = Array(attribute.dropFirst(2)) }
    }
    guard let hardLinkTarget else { return target == nil }
    return target == IndexLine.escaped(hardLinkTarget)
  }

  private func skipRemoved() throws {
    guard let tab = prefix.firstIndex(of: 0x09) else { return }
    let path = IndexLine.unescaped(prefix[..<tab])
    while let entries = previous, !entries.isAtEnd {
      guard comparePaths(try entries.path()[...], path[...]) < 0 else { return }
      try previous?.skip()
    }
  }

  private func previousEntry(at path: ArraySlice<UInt8>) throws -> IndexEntry? {
    if let entry = refused {
      refused = nil
      return entry
    }
    guard let entries = previous, !entries.isAtEnd, comparePaths(try entries.path()[...], path) == 0 else { return nil }
    return try previous?.parse()
  }

  // MARK: - Large files

  private func planLargeFile(_ walked: WalkBatch.Entry, _ toRead: EntryToRead, _ batch: WalkBatch) throws {
    try flush()
    let path = Array(batch.path(walked))
    let base = IndexEntry(
      path: path, status: walked.status, ownerName: toRead.ownerName, groupName: toRead.groupName)
    let reader = LargeFileReader(context: context, submit: submit, cancellation: cancellation)
    do {
      let file = try batch.directories[walked.directory].open(NameInArray(in: batch.names, at: walked.name), .read)
      try reader.read(base, file, previous: toRead.previous)
    } catch let error as SystemError {
      // An ordinary piece reports it in the way of all files that can't be opened.
      var failed = EntriesWork()
      failed.problems.append(
        RecoveryPoint.Warning(
          path: path.displayedPath,
          problem: error.isMissing ? "vanished before it was read" : "can't be read: \(error.reason)",
          errno: error.errno))
      failed.failedPaths.append(path)
      try submit(.entries(failed))
    }
  }
}
