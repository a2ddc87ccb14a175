import Foundation
import Testing

/// Files of the package that this module renders, compared byte for byte; `UPDATE_GOLDEN=1` writes them anew.
enum GoldenPage {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static var isUpdating: Bool { ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  static func expect(_ text: String, equals path: String) throws {
    if isUpdating { try Data(text.utf8).write(to: root.appending(path: path)) }
    #expect(try self.text(path) == text, "\(path) differs; if that is meant: UPDATE_GOLDEN=1 make test")
  }

  /// Compares what stands between two lines of a page that begin with `<!-- name` and `<!-- /name`.
  static func expect(_ block: String, in path: String, between name: String) throws {
    let lines = try text(path).split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.hasPrefix("<!-- \(name)") })
    let end = try #require(lines.firstIndex { $0.hasPrefix("<!-- /\(name)") })
    let page = (lines[...start] + [Substring(block)] + lines[end...]).joined(separator: "\n")
    try expect(page, equals: path)
  }
}
