/// What a walk leaves out: a list of patterns as `.gitignore` files have them, compiled once and matched against names
/// that are bytes, not necessarily UTF-8.
///
/// `*` and `?` match within a name, `[a-z]`, `[!a]` and `[[:digit:]]` one byte, `**` as a whole component any number of
/// directories. A slash at the beginning or in the middle ties a pattern to the root of the tree, without one it
/// matches at any depth; a slash at the end restricts it to directories. `!` includes again; the last pattern that
/// matches decides. A backslash makes the next character ordinary. `#` and spaces are ordinary.
///
/// A match takes time proportional to the path's length times the pattern's at worst, and allocates nothing.
public struct ExcludePatterns: Sendable {
  /// The rules, last first: the first match decides.
  private let rules: [ExcludeRule]

  /// Compiles patterns.
  ///
  /// - Throws: ``PolicyError`` of the category `usage` for a pattern that is empty, ends in a backslash, or has a
  ///   bracket that isn't closed or is meaningless.
  public init(_ patterns: [String]) throws(PolicyError) {
    var rules: [ExcludeRule] = []
    for pattern in patterns {
      do {
        rules.append(try ExcludeRule(pattern))
      } catch {
        throw PolicyError(message: "cannot use the pattern `\(pattern)`: \(error.problem)", hint: error.hint)
      }
    }
    self.rules = rules.reversed()
  }

  /// Whether there are no patterns.
  public var isEmpty: Bool { rules.isEmpty }

  /// Whether an entry is left out.
  ///
  /// Only the entry itself is looked at: a walk doesn't descend into a directory that is left out, so nothing below it
  /// can be included again.
  ///
  /// - Parameters:
  ///   - path: the path relative to the tree's root, without a leading slash. An array, or a slice of one, is not copied.
  ///   - isDirectory: whether the entry is a directory (a symbolic link to one is not).
  public func excludes(path: some Collection<UInt8>, isDirectory: Bool) -> Bool {
    if rules.isEmpty { return false }
    if let array = path as? [UInt8] { return excludes(array.span, isDirectory: isDirectory) }
    if let slice = path as? ArraySlice<UInt8> { return excludes(slice.span, isDirectory: isDirectory) }
    return excludes(Array(path).span, isDirectory: isDirectory)
  }

  /// Whether an entry is left out; the form for walks, which never copies and needs no conversion.
  public func excludes(path: [UInt8], isDirectory: Bool) -> Bool {
    rules.isEmpty ? false : excludes(path.span, isDirectory: isDirectory)
  }

  private func excludes(_ path: Span<UInt8>, isDirectory: Bool) -> Bool {
    var start = path.count
    while start > 0, path[start - 1] != UInt8(ascii: "/") { start -= 1 }
    for rule in rules where rule.matches(path, name: start..<path.count, isDirectory: isDirectory) {
      return !rule.isInclusion
    }
    return false
  }
}
