import BackupPolicy
import Foundation

/// The files of this package that tests read.
enum RepositoryFiles {
  /// The package's directory.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The text of a file, by its path in the package.
  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The names of a directory's files with an ending, sorted, without the ending.
  static func names(in directory: String, ending: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appending(path: directory).path)
      .filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }.sorted()
  }
}

/// The kinds of jobs that tests know, with their own keys.
let knownKinds: [String: KindKeys] = [
  "archive": .known(["trees", "streams", "volumes"]), "snapshot": .known(["volumes", "keep"]),
  "verify": .known(["sources", "sample", "older-than"]),
  "drill": .known(["sources", "pick", "count", "max-bytes", "probes", "scratch-pool", "look-inside"]),
  "retention": .known(["sources", "keep", "keep-free", "most-removed", "rewrite-below", "most-copied", "grace"]),
]
