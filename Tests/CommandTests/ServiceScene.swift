import BackupModel
import Foundation
import Testing

@testable import BackupCommands

/// A host with two trees whose directories are sources, and one point of each; the service `immich` has one in both.
final class ServiceScene {
  let runner: CommandRunner
  var directory: String { runner.directory }
  var immich: String { "\(directory)/nfs/immich" }
  var library: String { "\(directory)/ssd/immich" }

  /// Makes the host, and what happens to it in the two hours after the points were made.
  ///
  /// - Parameter more: more keys of the configuration.
  init(_ more: String = "") async throws {
    runner = try CommandRunner()
    for (path, content) in [
      ("nfs/immich/db", "database"), ("nfs/immich/upload/2025/a", "photo a"), ("nfs/immich/upload/2026/b", "photo b"),
      ("nfs/vaultwarden-backup/dump", "dump"), ("nfs/notes", "loose"), ("ssd/immich/thumbs", "thumbs"),
    ] {
      try TestTree(directory).file(path, content)
    }
    let config = """
      repository: {path: \(directory)/repository}
      trees:
        - {name: nfs, path: \(directory)/nfs, each-child: true}
        - {name: ssd, path: \(directory)/ssd, each-child: true}
      \(more)
      """
    try Data(config.utf8).write(to: URL(fileURLWithPath: "\(directory)/config.yaml"))
    runner.variables["BACKUPCTL_CONFIG"] = "\(directory)/config.yaml"
    runner.variables["BACKUPCTL_REPOSITORY"] = nil
    for command in [["init", "\(directory)/repository"], ["archive", "nfs", "ssd"]] {
      let result = await runner.run(command)
      try #require(result.code == 0, "\(result.messages)")
    }
    runner.clock.advance(seconds: 7200)
    try TestTree(immich).file("db", "broken")
    try FileManager.default.removeItem(atPath: "\(immich)/upload/2026")
    try TestTree(library).file("extra", "later")
  }

  /// A text with the directory of this test, and what differs between file systems, replaced.
  func plain(_ text: String) -> String {
    text.replacingOccurrences(of: directory, with: "DIR")
      .replacing(/[0-9.]+ [KMGT]?i?B free/, with: "SPACE free")
      .replacing(/"availableBytes" : [0-9]+/, with: "\"availableBytes\" : 0")
      .replacing(/"keptBytes" : [0-9]+/, with: "\"keptBytes\" : 0")
  }

  func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }

  /// Expects that nothing live is other than the scene left it.
  func expectLiveUntouched(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try text("\(immich)/db") == "broken", sourceLocation: sourceLocation)
    #expect(!FileManager.default.fileExists(atPath: "\(immich)/upload/2026"), sourceLocation: sourceLocation)
    #expect(try text("\(library)/extra") == "later", sourceLocation: sourceLocation)
    for tree in ["nfs", "ssd"] {
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(tree)")
      #expect(names.allSatisfy { !$0.hasPrefix(".backupctl") }, "\(names)", sourceLocation: sourceLocation)
    }
  }

  /// Expects that both trees of the service are as the points have them.
  func expectRestored(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try text("\(immich)/db") == "database", sourceLocation: sourceLocation)
    #expect(try text("\(immich)/upload/2026/b") == "photo b", sourceLocation: sourceLocation)
    #expect(!FileManager.default.fileExists(atPath: "\(library)/extra"), sourceLocation: sourceLocation)
  }
}
