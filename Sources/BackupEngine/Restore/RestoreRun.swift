import BackupModel
import BackupRepository
import HostSystem

/// Goes through the entries of a point and has them made in the target.
///
/// Directories, links and special files are made here, on one thread; files are gathered into windows for the workers.
final class RestoreRun {
  private static let mostWindowsUnderWay = 3
  private static let filesPerExamination = 32

  private let reader: IndexReader
  private let chunks: ChunkReader
  private let selection: PathSelection
  private let pipeline: RestorePipeline
  private let names: NameRestorer
  private let outcome: RestoreOutcome
  private let cancellation: Cancellation
  private var cursor: DirectoryCursor
  private var window = RestoreWindow()
  private var underWay: [(batch: Int, links: [PendingLink])] = []
  /// Directories whose metadata is set at the end, in the order of the index.
  private(set) var directories: [IndexEntry] = []
  /// The entry of the source's root, if it is part of what is restored.
  private(set) var rootEntry: IndexEntry?
  /// First names that aren't selected, and the selected name that got the content in their place.
  private var adopted: [PathBytes: PathBytes] = [:]
  private var lastPath: PathBytes = [0x2E]
  private let examines: Bool

  init(
    root: TargetDirectory, reader: IndexReader, chunks: ChunkReader, selection: PathSelection,
    pipeline: RestorePipeline, names: NameRestorer, cancellation: Cancellation
  ) {
    self.reader = reader
    self.chunks = chunks
    self.selection = selection
    self.pipeline = pipeline
    self.names = names
    self.cancellation = cancellation
    outcome = names.metadata.outcome
    cursor = DirectoryCursor(root: root)
    examines = !root.isNew
  }

  /// Restores everything that is selected; metadata of directories is still to be set then.
  ///
  /// - Throws: ``RestoreEnd``, `CancellationError`, `RepositoryError` if not a single entry can be read.
  func run() throws {
    for path in selection.paths { try prepare(path) }
    do {
      if selection.isAll {
        try selection.forEachEntry(of: reader, restore)
      }
    } catch let error as RepositoryError where error.code == .damaged && !isAtBeginning {
      outcome.indexDamaged(after: lastPath, error)
    }
    try flush()
    while !underWay.isEmpty { try finishOldest() }
  }

  private var isAtBeginning: Bool { outcome.report.entries == 0 && window.isEmpty && rootEntry == nil }

  /// Makes the directories above a selected path, then restores it.
  private func prepare(_ path: PathBytes) throws {
    cursor.leave(for: path)
    for (index, byte) in path.enumerated() where byte == 0x2F {
      let above = Array(path[..<index])
      if cursor.isInside(above) { continue }
      guard let entry = try reader.entry(at: above) else { continue }
      guard entry.kind == .directory else { break }
      try makeDirectory(entry, isAbove: true)
    }
    do {
      try reader.forEachEntry(below: path) { entry in
        try restore(entry)
        return true
      }
    } catch let error as RepositoryError where error.code == .damaged {
      outcome.indexDamaged(after: path, error)
    }
  }

  private func restore(_ entry: IndexEntry) throws {
    try cancellation.check()
    lastPath = entry.path
    if isRootPath(entry.path[...]) {
      rootEntry = entry
      return
    }
    guard entry.path != RestoreMarker.name else {
      outcome.failed(entry.path, "the name is used by the restore itself")
      return
    }
    guard entry.kind != .directory else { return try makeDirectory(entry, isAbove: false) }
    try attempt(entry.path) {
      guard let directory = try parent(of: entry.path) else {
        throw RestoreFailure(reason: "the directory that it belongs in isn't there")
      }
      try restore(entry, in: directory)
    }
    if window.isFull { try flush() }
  }

  private func restore(_ entry: IndexEntry, in directory: TargetDirectory) throws {
    var entry = entry
    if let target = entry.hardLinkTarget {
      if let first = selection.contains(target) ? target : adopted[target] {
        window.add(PendingLink(entry: entry, directory: directory, target: first))
        return
      }
      entry = try adopt(entry, target)
    }
    if entry.kind == .file {
      window.add(RestoringFile(entry, in: directory, name: lastComponent(of: entry.path)))
    } else {
      if try names.restore(entry, in: directory) { outcome.update { $0.kept -= 1 } }
    }
  }

  /// The entry of a first name that isn't selected, under a name that is.
  private func adopt(_ entry: IndexEntry, _ target: PathBytes) throws -> IndexEntry {
    guard var first = try reader.entry(at: target), first.hardLinkTarget == nil, first.kind == entry.kind else {
      throw RestoreFailure(
        reason: "it is a further name of \(target.displayedPath), which the point doesn't have", isDamage: true)
    }
    first.path = entry.path
    adopted[target] = entry.path
    return first
  }

  private func parent(of path: PathBytes) throws -> TargetDirectory? {
    do throws(SystemError) {
      return try cursor.parent(of: path)
    } catch {
      throw RestoreFailure(error)
    }
  }

  /// - Parameter isAbove: it is only needed on the way to a selected path; one that is there keeps its metadata.
  private func makeDirectory(_ entry: IndexEntry, isAbove: Bool) throws {
    try attempt(entry.path) {
      guard let parent = try parent(of: entry.path) else {
        throw RestoreFailure(reason: "the directory that it belongs in isn't there")
      }
      let directory = try names.makeDirectory(lastComponent(of: entry.path), in: parent)
      cursor.enter(entry.path, directory)
      if !directory.isNew {
        outcome.update { $0.kept -= 1 }
        if !isAbove { try countNames(in: directory) }
      }
      if directory.isNew || !isAbove { directories.append(entry) }
    }
  }

  /// What is in a directory and isn't met among the entries later on is kept.
  private func countNames(in directory: TargetDirectory) throws {
    do throws(SystemError) {
      let count = try directory.handle.names().count
      outcome.update { $0.kept += count }
    } catch {
      throw RestoreFailure(error)
    }
  }

  /// Runs `body` and notes a failure as a failed item.
  private func attempt(_ path: PathBytes, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch let failure as RestoreFailure {
      if failure.endsRestore, let error = failure.error { throw RestoreEnd(error) }
      outcome.failed(path, failure.reason, isDamage: failure.isDamage)
    }
  }

  // MARK: - Windows

  /// Hands the window to the workers; waits if too many are under way.
  private func flush() throws {
    guard !window.isEmpty else { return }
    var files = window.files
    if examines { files = try examine(files) }
    var grouping = FrameGrouping()
    for file in files {
      try cancellation.check()
      do throws(RestoreFailure) {
        try grouping.add(file, chunks)
      } catch {
        outcome.failed(file.entry.path, error.reason, isDamage: error.isDamage)
      }
    }
    underWay.append((pipeline.submit(grouping.tasks()), window.links))
    window = RestoreWindow()
    if underWay.count >= Self.mostWindowsUnderWay { try finishOldest() }
  }

  /// Compares files in directories that were there before with what is there.
  ///
  /// - Returns: the files that need something written.
  private func examine(_ files: [RestoringFile]) throws -> [RestoringFile] {
    let doubtful = files.filter { !$0.directory.isNew }
    guard !doubtful.isEmpty else { return files }
    let tasks = stride(from: 0, to: doubtful.count, by: Self.filesPerExamination).map { start in
      RestoreTask.examine(Array(doubtful[start..<min(start + Self.filesPerExamination, doubtful.count)]))
    }
    try pipeline.wait(for: pipeline.submit(tasks))
    outcome.update { $0.kept -= doubtful.count { $0.wasFound } }
    return files.filter { !$0.hasFailed && !$0.isKept }
  }

  /// Waits for the oldest window, and makes the hard links whose files are whole now.
  private func finishOldest() throws {
    let (batch, links) = underWay.removeFirst()
    try pipeline.wait(for: batch)
    for link in links {
      try cancellation.check()
      try attempt(link.entry.path) {
        if try names.restore(link) { outcome.update { $0.kept -= 1 } }
      }
    }
  }
}
