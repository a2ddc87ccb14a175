import Foundation

/// A Swift file of the package, as the rules see it.
struct SourceFile: CustomStringConvertible, Sendable {
  /// The path in the package: `Sources/HostSystem/OpenFile.swift`.
  let path: String
  /// The lines with comments.
  let lines: [String]

  /// The directory below `Sources` or `Tests`.
  var module: String { String(path.split(separator: "/")[1]) }
  var description: String { path }

  /// The lines without comments, with their numbers from 1.
  let code: [(number: Int, text: String)]
  /// The modules that the file imports.
  let imports: [String]

  init(path: String, lines: [String]) {
    self.path = path
    self.lines = lines
    code = lines.enumerated().map { ($0 + 1, Self.withoutComment($1)) }
    imports = code.compactMap { Self.importedModule($0.text) }
  }

  /// The line up to a `//` that isn't part of an address.
  private static func withoutComment(_ line: String) -> String {
    guard line.utf8.contains(UInt8(ascii: "/")) else { return line }
    let bytes = Array(line.utf8)
    for position in bytes.indices.dropLast() where bytes[position] == 0x2F && bytes[position + 1] == 0x2F {
      if position == 0 || bytes[position - 1] != UInt8(ascii: ":") {
        return String(decoding: bytes[..<position], as: UTF8.self)
      }
    }
    return line
  }

  /// The module of a line like `public import struct A.B`.
  private static func importedModule(_ line: String) -> String? {
    let words = line.split(separator: " ")
    guard let keyword = words.firstIndex(of: "import"),
      words[..<keyword].allSatisfy({ ["public", "package", "internal", "@testable", "@preconcurrency"].contains($0) })
    else { return nil }
    let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
    return words[(keyword + 1)...].first { !kinds.contains($0) }
      .map { String($0.prefix { $0 != "." }) }
  }

  /// The lines of code that a pattern matches, as `path:number: text`.
  func matches(_ pattern: NSRegularExpression) -> [String] {
    code.filter { pattern.firstMatch(in: $0.text, range: NSRange($0.text.startIndex..., in: $0.text)) != nil }
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
    try (directory == "Sources" ? sources : tests).get()
  }

  private static let sources = Result { try read("Sources") }
  private static let tests = Result { try read("Tests") }

  private static func read(_ directory: String) throws -> [SourceFile] {
    let paths = FileManager.default.enumerator(atPath: root.appending(path: directory).path)?.allObjects ?? []
    return try paths.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted().map { path in
      let text = try text("\(directory)/\(path)")
      return SourceFile(
        path: "\(directory)/\(path)",
        lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }
  }
}
