import Foundation

/// A Swift file of the package, as the rules see it.
struct SourceFile: CustomStringConvertible {
  /// The path in the package: `Sources/HostSystem/OpenFile.swift`.
  let path: String
  /// The lines with comments.
  let lines: [String]

  /// The directory below `Sources` or `Tests`.
  var module: String { String(path.split(separator: "/")[1]) }
  var description: String { path }

  /// The lines without comments, with their numbers from 1.
  var code: [(number: Int, text: String)] {
    lines.enumerated().map { number, line in
      guard let comment = line.range(of: #"(^|[^:])//"#, options: .regularExpression) else { return (number + 1, line) }
      return (number + 1, String(line[..<comment.lowerBound]))
    }
  }

  /// The modules that the file imports.
  var imports: [String] {
    code.compactMap { _, line in
      line.firstMatch(
        of: /^(?:@testable\s+)?(?:public\s+|package\s+|internal\s+)?import\s+(?:struct\s+|class\s+|func\s+)?(\w+)/
      )
      .map { String($0.1) }
    }
  }

  /// The lines of code that a pattern matches, as `path:number: text`.
  func matches(_ pattern: String) -> [String] {
    code.filter { $0.text.range(of: pattern, options: .regularExpression) != nil }
      .map { "\(path):\($0.number): \($0.text.trimmingCharacters(in: .whitespaces))" }
  }

  /// The package's directory.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The text of a file of the package.
  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// All Swift files below a directory of the package, sorted.
  static func all(in directory: String) throws -> [SourceFile] {
    let paths = FileManager.default.enumerator(atPath: root.appending(path: directory).path)?.allObjects ?? []
    return try paths.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted().map { path in
      let text = try text("\(directory)/\(path)")
      return SourceFile(
        path: "\(directory)/\(path)",
        lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }
  }
}
