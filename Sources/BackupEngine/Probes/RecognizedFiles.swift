import BackupModel
import BackupRepository
import HostSystem

/// The files of a restored tree of which it is known what they are, by their first bytes.
struct RecognizedFiles: Sendable, Hashable {
  /// A dump of a database.
  struct Dump: Sendable, Hashable {
    var path: PathBytes
    var format: DumpFormat
  }

  /// SQLite's database files.
  var databases: [PathBytes] = []
  /// Dumps of databases.
  var dumps: [Dump] = []
  /// Data directories of PostgreSQL, with the version that each is of.
  var clusters: [PostgresCluster] = []
  /// What couldn't be read, with the reason.
  var problems: [String] = []

  private static let headBytes = 1024
  /// So that a tree that is full of damage doesn't fill the memory.
  private static let mostProblems = 100

  /// Looks at every file of a tree.
  ///
  /// - Parameter isStream: whether the tree holds nothing but what a command wrote, whose name says nothing.
  /// - Throws: `SystemError` if the directory itself can't be read; `CancellationError`.
  static func find(
    in directory: PathBytes, isStream: Bool = false, cancellation: Cancellation
  ) throws -> RecognizedFiles {
    var found = RecognizedFiles()
    let root = try OpenFile.open(directory, .directoryFollowing)
    var rules = TreeWalker.Rules()
    rules.staysOnFileSystem = true
    try TreeWalker(root: root, rules: rules).walk { batch in
      try cancellation.check()
      for problem in batch.problems { found.add(problem: "\(problem.path): \(problem.problem)") }
      for walked in batch.entries where walked.status.kind == .file && walked.directory >= 0 {
        let path = Array(batch.path(walked))
        do throws(SystemError) {
          let name = NameInArray(in: batch.names, at: walked.name)
          let file = try batch.directories[walked.directory].open(name, .read)
          let head = try file.contents(at: 0, count: headBytes)
          try file.close()
          found.add(path, head, size: walked.status.size, isStream: isStream, in: root)
        } catch {
          found.add(problem: "\(path.displayedPath): \(error.reason)")
        }
      }
    }
    return found
  }

  private mutating func add(problem: String) {
    if problems.count < Self.mostProblems { problems.append(problem) }
  }

  private mutating func add(_ path: PathBytes, _ head: [UInt8], size: Int64, isStream: Bool, in root: OpenFile) {
    let name = lastComponent(of: path)
    if head.starts(with: Self.sqliteMagic) {
      databases.append(path)
    } else if name == Self.versionFile {
      if let cluster = PostgresCluster(versionFile: path, content: head, in: root) { clusters.append(cluster) }
    } else if let format = DumpFormat(head: head, name: name, isStream: isStream) {
      dumps.append(Dump(path: path, format: format))
    }
  }

  /// The first 16 bytes of a database (sqlite.org, "Database File Format", 1.3.1).
  private static let sqliteMagic = Array("SQLite format 3\0".utf8)
  private static let versionFile = PathBytes(path: "PG_VERSION")
}

/// A data directory of PostgreSQL.
struct PostgresCluster: Sendable, Hashable {
  /// The directory, in the point.
  var path: PathBytes
  /// The major version: `15`, `9.6`.
  var version: String

  /// Looks at a file `PG_VERSION`; each database has one too, but only the directory of all has `base` beside it.
  init?(versionFile: PathBytes, content: [UInt8], in root: OpenFile) {
    let directory = parentPath(of: versionFile).map(Array.init) ?? [0x2E]
    let base = isRootPath(directory[...]) ? PathBytes(path: "base") : directory + Array("/base".utf8)
    // What isn't there or can't be reached is no such directory.
    guard let status = try? root.status(of: base), status.kind == .directory else { return nil }
    path = directory
    version = String(decoding: content.prefix(16), as: UTF8.self).filter { !$0.isWhitespace }
    guard !version.isEmpty, version.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }) else { return nil }
  }
}
