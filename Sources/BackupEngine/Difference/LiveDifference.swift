import BackupModel
import BackupPolicy
public import BackupRepository
public import HostSystem

/// The difference between a point and a directory as it is now: a merge of a walk with the point's index.
///
/// A file of the same size and mtime is taken to be the same without opening it. The content of any other is read and
/// hashed piece by piece; the repository's own data is not read. Not thread-safe.
public final class LiveDifference {
  private let reader: IndexReader
  private let walker: TreeWalker
  private let cancellation: Cancellation
  private var entries: PreviousEntries
  private var accounts = AccountNames()
  private var firstPaths: [TreeWalker.DirectoryIdentity: PathBytes] = [:]
  /// What could not be examined; it is in no change.
  public private(set) var problems: [RecoveryPoint.Warning] = []

  /// Prepares the comparison.
  ///
  /// - Parameters:
  ///   - point: the older state.
  ///   - source: the directory, with what is left out of it.
  ///   - repository: never entered, if it lies below the directory.
  /// - Throws: ``EngineError`` `sourceUnreadable`; `RepositoryError` `damaged`.
  public init(
    from point: (store: SourceStore, point: RecoveryPoint), to source: TreeSource, repository: Repository,
    cancellation: Cancellation
  ) throws {
    reader = try IndexReader(root: point.point.index, chunks: try point.store.chunkReader(keepsTables: true))
    entries = try PreviousEntries(reader)
    self.cancellation = cancellation
    var rules = TreeWalker.Rules()
    let excludes = source.excludes
    if !excludes.isEmpty {
      rules.excludes = { path, isDirectory in excludes.excludes(path: path, isDirectory: isDirectory) }
    }
    rules.staysOnFileSystem = source.staysOnFileSystem
    rules.leavesOutDirectoriesAtTop = source.isLooseFiles
    if let status = try repository.directory?.status() {
      rules.forbiddenDirectories = [TreeWalker.DirectoryIdentity(device: status.device, inode: status.inode)]
    }
    do throws(SystemError) {
      walker = try TreeWalker(root: try OpenFile.open(source.path, .directoryFollowing), rules: rules)
    } catch {
      throw EngineError(
        .sourceUnreadable, "cannot compare with \(source.path.displayedPath): \(error.reason)", cause: error.cause,
        hint: "give the directory to compare with, as it is now: `backupctl diff NAME DIR`")
    }
  }

  /// Calls `body` with the changes, sorted by path.
  ///
  /// - Parameter body: returns false to end.
  /// - Throws: `RepositoryError` `damaged`; `SystemError` if the directory itself can't be read; what `body` throws.
  public func forEachChange(_ body: (EntryChange) throws -> Bool) throws {
    do {
      try walker.walk { batch in
        try cancellation.check()
        problems += batch.problems
        for walked in batch.entries {
          try passRemoved(before: batch.path(walked), body)
          guard let change = try change(of: walked, in: batch) else { continue }
          guard try body(change) else { throw Ended() }
        }
      }
      try passRemoved(before: nil, body)
    } catch is Ended {
      return
    }
  }

  /// Ends a walk from inside.
  private struct Ended: Error {}

  /// What the walk could not look into is not known to be gone.
  private func isHidden(_ path: PathBytes) -> Bool {
    if problems.isEmpty { return false }
    // Problems name paths as they are shown.
    let shown = path.displayedPath
    return problems.contains { shown == $0.path || shown.hasPrefix($0.path + "/") }
  }

  private func passRemoved(before path: ArraySlice<UInt8>?, _ body: (EntryChange) throws -> Bool) throws {
    while !entries.isAtEnd {
      if let path, comparePaths(try entries.path()[...], path) >= 0 { return }
      let entry = try entries.parse()
      if isHidden(entry.path) { continue }
      guard try body(EntryChange(path: entry.path, kind: .removed, old: entry, new: nil)) else { throw Ended() }
    }
  }

  private func change(of walked: WalkBatch.Entry, in batch: WalkBatch) throws -> EntryChange? {
    let path = Array(batch.path(walked))
    var new = IndexEntry(
      path: path, status: walked.status, ownerName: accounts.user(walked.status.owner),
      groupName: accounts.group(walked.status.group))
    new.hardLinkTarget = firstPath(of: walked, path)
    guard !entries.isAtEnd, try entries.path() == path else {
      return EntryChange(path: path, kind: .added, old: nil, new: new)
    }
    let old = try entries.parse()
    do {
      try complete(&new, like: old, walked, batch)
      return try EntryChange.between(old, new) { old, _ in
        try hasOtherContent(try stored(old), walked, batch)
      }
    } catch let error as SystemError {
      // Gone since it was listed: removed, as if it had been a moment earlier.
      if error.isMissing { return EntryChange(path: path, kind: .removed, old: old, new: nil) }
      problems.append(
        RecoveryPoint.Warning(
          path: path.displayedPath, problem: "can't be read: \(error.reason)", errno: error.errno))
      return nil
    }
  }

  private func firstPath(of walked: WalkBatch.Entry, _ path: PathBytes) -> PathBytes? {
    guard walked.status.links > 1, walked.status.kind != .directory else { return nil }
    let identity = TreeWalker.DirectoryIdentity(device: walked.status.device, inode: walked.status.inode)
    if let first = firstPaths[identity] { return first }
    firstPaths[identity] = path
    return nil
  }

  /// The entry that holds a file's content: itself, or the first name of the same inode.
  private func stored(_ entry: IndexEntry) throws -> IndexEntry {
    guard let target = entry.hardLinkTarget else { return entry }
    guard let first = try reader.entry(at: target) else {
      throw RepositoryError(
        .damaged, "cannot read an index: \(entry.path.displayedPath) is a link to an entry that isn't there")
    }
    return first
  }

  /// Reads of the live entry what its status doesn't say.
  private func complete(
    _ new: inout IndexEntry, like old: IndexEntry, _ walked: WalkBatch.Entry, _ batch: WalkBatch
  ) throws {
    guard old.kind == new.kind else { return }
    // Attributes and targets can't change without the ctime: the same one on the same inode answers for them.
    if old.changed == new.changed, old.inode == new.inode {
      new.attributes = old.attributes
      new.linkTarget = old.linkTarget
      return
    }
    guard walked.directory >= 0 else {
      new.attributes = try batch.directories[0].extendedAttributes()
      return
    }
    let directory = batch.directories[walked.directory]
    let name = Array(batch.names[walked.name..<walked.path.upperBound])
    if new.kind == .symbolicLink { new.linkTarget = try directory.linkTarget(of: name) }
    // Links after the first carry neither target nor attributes in some indexes; the first name speaks for them.
    new.attributes = old.hardLinkTarget == nil ? try directory.extendedAttributes(of: name) : old.attributes
    if old.hardLinkTarget != nil { new.linkTarget = old.linkTarget }
  }

  private func hasOtherContent(_ old: IndexEntry, _ walked: WalkBatch.Entry, _ batch: WalkBatch) throws -> Bool {
    guard old.size == walked.status.size else { return true }
    guard old.modified != walked.status.modified || old.changedWhileRead else { return false }
    let file = try batch.directories[walked.directory].open(NameInArray(in: batch.names, at: walked.name), .read)
    var buffer: [UInt8] = []
    var offset: Int64 = 0
    for extent in old.extents {
      let end = offset + extent.length
      while offset < end {
        try cancellation.check()
        // A chunk is one piece, since its hash is of the whole; a hole can be as long as the file.
        let count = Int(extent.chunk == nil ? min(end - offset, 1 << 20) : end - offset)
        buffer.removeAll(keepingCapacity: true)
        guard try file.read(at: offset, count: count, appendingTo: &buffer) == count else { return true }
        if let chunk = extent.chunk {
          if ChunkID(of: buffer[...]) != chunk { return true }
        } else if buffer.contains(where: { $0 != 0 }) {
          return true
        }
        offset += Int64(count)
      }
    }
    return false
  }
}
