/// Which paths a document may name.
enum PathRule: Hashable, Sendable {
  /// Absolute paths only: a timer's current directory is not the administrator's.
  case absolute
  /// Relative paths too; they are relative to the current directory of whoever runs the schedule.
  case absoluteOrRelative

  /// The paths that a list of texts names, none of them twice; a single text is a list of one.
  func paths(_ node: DocumentNode) throws(PolicyError) -> [String] {
    var paths: [String] = []
    for element in try node.stringNodes() {
      let path = try path(element)
      guard !paths.contains(path) else { throw PolicyError(at: element.location, "`\(path)` is named twice") }
      paths.append(path)
    }
    return paths
  }

  /// The path that a value names, without repeated or trailing slashes.
  ///
  /// - Throws: ``PolicyError`` for a relative path where none may be, for `.` or `..` within a path (a name in a report
  ///   must say which directory is meant) and for a NUL.
  func path(_ node: DocumentNode) throws(PolicyError) -> String {
    let text = try node.nonBlankString("a path")
    let isAbsolute = text.utf8.first == UInt8(ascii: "/")
    guard self == .absoluteOrRelative || isAbsolute else {
      throw node.unexpected(expected: "an absolute path, one that begins with `/`")
    }
    guard !text.utf8.contains(0) else { throw node.unexpected(expected: "a path without NUL characters") }
    var components = text.split(separator: "/").map(String.init)
    if !isAbsolute {
      // A leading `./` is how a shell user marks a relative path; `.` alone is the current directory itself.
      while components.first == ".", components.count > 1 { components.removeFirst() }
    }
    guard components == ["."] || !components.contains(where: { $0 == "." || $0 == ".." }) else {
      throw node.unexpected(expected: "a path without `.` and `..`")
    }
    return (isAbsolute ? "/" : "") + components.joined(separator: "/")
  }
}
