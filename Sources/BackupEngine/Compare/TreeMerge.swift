import BackupModel
import BackupRepository
import HostSystem

/// Merges walks of a directory with the entries of an index: both come in the same order.
///
/// Pairs go to `submit`; what only one side has is a difference. Memory grows with the number of hard-linked files only.
final class TreeMerge {
  private struct InodeIdentity: Hashable {
    var device: UInt64
    var inode: UInt64
  }

  private static let pairsPerBatch = 64
  private static let mostBatchBytes: Int64 = 32 << 20

  private let findings: ComparisonFindings
  private let selection: PathSelection
  private let reportsExtra: Bool
  private let rules: TreeWalker.Rules
  private let cancellation: Cancellation
  private let submit: ([EntryPair]) throws -> Void
  private var pairs: [EntryPair] = []
  private var pairBytes: Int64 = 0
  /// The first path on disk of each inode with several names.
  private var firstPaths: [InodeIdentity: PathBytes] = [:]
  /// The first selected path for a first name that isn't selected.
  private var adopted: [PathBytes: PathBytes] = [:]
  /// A directory that only one side has; what is below it isn't listed.
  private var skippedExtra: PathBytes?

  init(
    findings: ComparisonFindings, selection: PathSelection, reportsExtra: Bool,
    rules: TreeWalker.Rules, cancellation: Cancellation, submit: @escaping ([EntryPair]) throws -> Void
  ) {
    self.findings = findings
    self.selection = selection
    self.reportsExtra = reportsExtra
    self.rules = rules
    self.cancellation = cancellation
    self.submit = submit
  }

  /// Compares everything at and below a path.
  func run(_ path: PathBytes, in root: OpenFile, _ entries: EntryStream) throws {
    try walk(path, in: root) { try merge($0, entries) }
    while let entry = try entries.peek() {
      miss(entry)
      entries.advance()
    }
    try flush()
  }

  /// Walks the part of the directory that is under the path; nothing if it isn't there.
  private func walk(_ path: PathBytes, in root: OpenFile, _ merge: (WalkBatch) throws -> Void) throws {
    guard !isRootPath(path[...]) else { return try TreeWalker(root: root, rules: rules).walk(merge) }
    let parentName = parentPath(of: path).map(Array.init) ?? [0x2E]
    let name = lastComponent(of: path)
    let opened: (parent: OpenFile, status: FileStatus)
    do throws(SystemError) {
      let parent = isRootPath(parentName[...]) ? root : try root.openDirectoryBeneath(parentName)
      opened = (parent, try parent.status(of: name))
    } catch {
      if error.isMissing || error.isNotDirectory { return }
      throw error
    }
    var batch = WalkBatch()
    batch.names = path + [0]
    batch.directories = [opened.parent]
    batch.entries = [
      WalkBatch.Entry(path: 0..<path.count, name: path.count - name.count, directory: 0, status: opened.status)
    ]
    try merge(batch)
    guard opened.status.kind == .directory else { return }
    let directory = try opened.parent.open(name, .directory)
    var inner = rules
    let (prefix, excludes) = (path + [0x2F], rules.excludes)
    inner.excludes = { path, isDirectory in excludes((prefix + path)[...], isDirectory) }
    var isFirst = true
    try TreeWalker(root: directory, rules: inner).walk { batch in
      try merge(Self.moved(batch, below: prefix, droppingRoot: isFirst))
      isFirst = false
    }
  }

  /// The same batch with the paths as the index has them.
  private static func moved(_ batch: WalkBatch, below prefix: PathBytes, droppingRoot: Bool) -> WalkBatch {
    var moved = WalkBatch()
    moved.directories = batch.directories
    moved.problems = batch.problems.map { problem in
      var problem = problem
      problem.path = prefix.displayedPath + problem.path
      return problem
    }
    for entry in batch.entries.dropFirst(droppingRoot ? 1 : 0) {
      let start = moved.names.count
      moved.names += prefix
      moved.names += batch.names[entry.path]
      moved.names.append(0)
      moved.entries.append(
        WalkBatch.Entry(
          path: start..<moved.names.count - 1, name: start + prefix.count + entry.name - entry.path.lowerBound,
          directory: entry.directory, status: entry.status))
    }
    return moved
  }

  private func merge(_ batch: WalkBatch, _ entries: EntryStream) throws {
    try cancellation.check()
    for problem in batch.problems {
      findings.add(
        TreeDifference(path: PathBytes(path: problem.path), kind: .unreadable(reason: problem.problem)))
    }
    for walked in batch.entries {
      let path = batch.path(walked)
      var isMet = false
      while let entry = try entries.peek() {
        let order = comparePaths(entry.path[...], path)
        if order > 0 { break }
        entries.advance()
        if order == 0 {
          isMet = true
          try add(entry, walked, batch)
          break
        }
        miss(entry)
      }
      if !isMet { addExtra(Array(path), walked.status) }
    }
  }

  private func add(_ entry: IndexEntry, _ walked: WalkBatch.Entry, _ batch: WalkBatch) throws {
    compareLinks(entry, walked.status)
    let isRoot = walked.directory < 0
    pairs.append(
      EntryPair(
        entry: entry, status: walked.status, directory: batch.directories[max(0, walked.directory)],
        name: isRoot ? [0x2E] : Array(batch.names[walked.name..<walked.path.upperBound])))
    pairBytes += entry.dataBytes
    if pairs.count >= Self.pairsPerBatch || pairBytes >= Self.mostBatchBytes { try flush() }
  }

  private func flush() throws {
    guard !pairs.isEmpty else { return }
    try submit(pairs)
    pairs = []
    pairBytes = 0
  }

  private func miss(_ entry: IndexEntry) {
    findings.add(TreeDifference(path: entry.path, kind: .missing))
    findings.compared(bytes: 0)
  }

  private func addExtra(_ path: PathBytes, _ status: FileStatus) {
    guard reportsExtra else { return }
    if let skippedExtra, isPath(path, atOrBelow: skippedExtra) { return }
    skippedExtra = status.kind == .directory ? path : nil
    findings.add(TreeDifference(path: path, kind: .extra))
  }

  /// Entries that are one inode in the point must be one on disk, and others must not.
  private func compareLinks(_ entry: IndexEntry, _ status: FileStatus) {
    guard entry.kind != .directory, status.links > 1 || entry.hardLinkTarget != nil else { return }
    var expected = entry.hardLinkTarget
    if let target = expected, !selection.contains(target) {
      expected = adopted[target]
      if expected == nil { adopted[target] = entry.path }
    }
    let identity = InodeIdentity(device: status.device, inode: status.inode)
    let found = firstPaths[identity]
    if found == nil { firstPaths[identity] = entry.path }
    if expected != found {
      findings.add(TreeDifference(path: entry.path, kind: .hardLink(expected: expected, found: found)))
    }
  }
}
