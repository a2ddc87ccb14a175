import Foundation

/// Repositories that are made to harm whoever reads them, written by a script that shares no code with this program.
enum RepositoryMaker {
  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Rescue/minirepo.py").path

  /// The kinds that there are; nil where `python3` or `zstd` isn't installed.
  static let kinds: [String]? = {
    // Either program's absence is the answer that is asked for.
    guard (try? run("zstd", ["--version"])) != nil, let listed = try? run("python3", [script, "--list"]) else {
      return nil
    }
    return listed.split(separator: "\n").map(String.init)
  }()

  /// Writes a repository with the source `tree/t`; a good one if no kind is given.
  static func make(at path: String, kind: String? = nil) throws {
    _ = try run("python3", [script, path] + (kind.map { ["--hostile", $0] } ?? []))
  }

  private static func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    return String(decoding: text, as: UTF8.self)
  }
}
