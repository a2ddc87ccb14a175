import TestSupport
import Testing

@testable import BackupPolicy

@Suite struct ExcludePatternsTests {
  /// A pattern, paths that it leaves out and paths that it doesn't; a path that ends in a slash is a directory.
  struct Row: Sendable, CustomTestStringConvertible {
    let patterns: [String]
    let excluded: [String]
    let kept: [String]
    var testDescription: String { patterns.joined(separator: " ") }

    init(_ patterns: String..., excludes excluded: [String], keeps kept: [String]) {
      self.patterns = patterns
      self.excluded = excluded
      self.kept = kept
    }
  }

  /// Follows the sections of gitignore(5), "PATTERN FORMAT".
  static let table: [Row] = [
    // Without a slash: the last name, at any depth.
    Row("core", excludes: ["core", "core/", "a/core", "a/b/core/"], keeps: ["cores", "a.core", "core/a", "xcore"]),
    Row("*.swp", excludes: [".swp", "a.swp", "b/.a.swp", "c/d.swp/"], keeps: ["swp", "a.swpx", "a.swp/b", "aswp"]),
    Row("core.*", excludes: ["core.1", "a/core.", "core.1/"], keeps: ["core", "acore.1", "core.1/a"]),
    Row("*", excludes: ["a", "a/b", ".x", "a/"], keeps: []),
    Row("a*b*c", excludes: ["abc", "aXbYc", "d/abbcc", "abcbc"], keeps: ["ab", "acb", "abcd", "a/b/c"]),
    Row("*a*", excludes: ["a", "xay", "d/bab"], keeps: ["b", "a/b"]),
    Row("**.o", excludes: ["a.o", "b/a.o"], keeps: ["a.c"]),
    Row("a**b", excludes: ["ab", "axxb", "d/ab"], keeps: ["a/b", "ax/xb"]),
    // `?` and brackets match one byte, never a slash.
    Row("?", excludes: ["a", "b/c"], keeps: ["ab", "a/bc"]),
    Row("a?c", excludes: ["abc", "x/a.c"], keeps: ["ac", "a/c", "abbc"]),
    Row("a/?/c", excludes: ["a/b/c"], keeps: ["a//c", "a/bb/c", "abbbc"]),
    Row("[a-c]x", excludes: ["ax", "bx", "d/cx"], keeps: ["dx", "x", "Ax"]),
    Row("[!a-c]x", excludes: ["dx", "Ax"], keeps: ["ax", "bx", "x"]),
    Row("[^a]", excludes: ["b"], keeps: ["a", "bb"]),
    Row("a[!b]c", excludes: ["axc"], keeps: ["abc", "a/c"]),
    Row("/a[.-0]c", excludes: ["a.c", "a0c"], keeps: ["a/c"]),
    Row("[]x]", excludes: ["]", "x"], keeps: ["a", "[]x]"]),
    Row("[!]x]", excludes: ["a"], keeps: ["]", "x"]),
    Row("[a-]", excludes: ["a", "-"], keeps: ["b"]),
    Row("[[:digit:][:upper:]_]", excludes: ["5", "Q", "_"], keeps: ["q", ":", "55"]),
    Row("[\\]\\\\]", excludes: ["]", "\\"], keeps: ["["]),
    // A slash at the beginning or in the middle ties to the root.
    Row("/core", excludes: ["core", "core/"], keeps: ["a/core"]),
    Row("/*.c", excludes: ["cat.c"], keeps: ["mozilla/sha1.c"]),
    Row("doc/frotz", excludes: ["doc/frotz", "doc/frotz/"], keeps: ["a/doc/frotz", "frotz", "doc/frotz/a", "doc"]),
    Row("foo/*", excludes: ["foo/test.json", "foo/bar/"], keeps: ["foo/bar/hello.c", "foo/", "a/foo/b"]),
    Row("foo/*.o", excludes: ["foo/a.o"], keeps: ["foo/b/a.o", "a.o"]),
    // A slash at the end: directories only.
    Row("cache/", excludes: ["cache/", "a/cache/"], keeps: ["cache", "a/cache"]),
    Row("/cache/", excludes: ["cache/"], keeps: ["cache", "a/cache/"]),
    Row("doc/frotz/", excludes: ["doc/frotz/"], keeps: ["a/doc/frotz/", "doc/frotz"]),
    Row("*/", excludes: ["a/", "a/b/"], keeps: ["a", "a/b"]),
    // `**` as a whole component.
    Row("**/foo", excludes: ["foo", "a/foo", "a/b/foo/"], keeps: ["foo/a", "afoo"]),
    Row("**/foo/bar", excludes: ["foo/bar", "a/foo/bar", "a/b/foo/bar"], keeps: ["foo/a/bar", "bar"]),
    Row("abc/**", excludes: ["abc/a", "abc/a/b", "abc/d/"], keeps: ["abc/", "abc", "x/abc/a"]),
    Row("a/**/b", excludes: ["a/b", "a/x/b", "a/x/y/b"], keeps: ["a/xb", "ab", "x/a/b", "a/b/c"]),
    Row("a/***/b", excludes: ["a/b", "a/x/y/b"], keeps: ["ab"]),
    Row("a/**/b/**/c", excludes: ["a/b/c", "a/1/b/2/3/c", "a/b/b/c/c"], keeps: ["a/c", "a/b", "a/c/b"]),
    Row("**", excludes: ["a", "a/b", "a/"], keeps: []),
    Row("/**", excludes: ["a", "a/b"], keeps: []),
    Row("**/", excludes: ["a/", "a/b/"], keeps: ["a", "a/b"]),
    Row("a/**/", excludes: ["a/b/", "a/b/c/"], keeps: ["a/", "a/b"]),
    Row("**/*.o/x", excludes: ["a.o/x", "b/c/a.o/x"], keeps: ["x", "a.o/y/x"]),
    // `!` includes again; the last match decides.
    Row("*.log", "!keep.log", excludes: ["a.log", "x/b.log"], keeps: ["keep.log", "x/keep.log"]),
    Row("!keep.log", "*.log", excludes: ["keep.log", "a.log"], keeps: []),
    Row("*", "!*/", "!*.c", excludes: ["a", "b/a"], keeps: ["b/", "a.c", "b/a.c"]),
    Row("/*", "!/foo", "/foo/*", "!/foo/bar", excludes: ["a", "foo/x"], keeps: ["foo/", "foo/bar", "foo/bar/x"]),
    // A backslash makes the next character ordinary; `#` and spaces are ordinary in this list.
    Row("\\!important!.txt", excludes: ["!important!.txt"], keeps: ["important!.txt"]),
    Row("\\*", excludes: ["*", "a/*"], keeps: ["a"]),
    Row("a\\?", excludes: ["a?"], keeps: ["ab"]),
    Row("\\a\\\\", excludes: ["a\\"], keeps: ["a"]),
    Row("#notes", excludes: ["#notes"], keeps: ["notes"]),
    Row("a b ", excludes: ["a b "], keeps: ["a b"]),
    Row("größe*", excludes: ["größe.txt"], keeps: ["grosse"]),
  ]

  @Test(arguments: table) func agreesWithTheDocumentedSemanticsOfGitignore(_ row: Row) throws {
    let patterns = try ExcludePatterns(row.patterns)
    for (paths, expected) in [(row.excluded, true), (row.kept, false)] {
      for path in paths {
        let isDirectory = path.hasSuffix("/")
        let bytes = Array((isDirectory ? String(path.dropLast()) : path).utf8)
        #expect(patterns.excludes(path: bytes, isDirectory: isDirectory) == expected, "\(path)")
        #expect(patterns.excludes(path: ([47] + bytes)[1...], isDirectory: isDirectory) == expected, "\(path)")
        #expect(patterns.excludes(path: bytes.lazy.map { $0 }, isDirectory: isDirectory) == expected, "\(path)")
      }
    }
  }

  // How many bytes each class has in the POSIX locale, one that it has and one that it hasn't.
  @Test(arguments: [
    ("alnum", 62, "z", "_"), ("alpha", 52, "Q", "5"), ("blank", 2, "\t", "\n"), ("cntrl", 33, "\u{7f}", " "),
    ("digit", 10, "9", "a"), ("graph", 94, "~", " "), ("lower", 26, "a", "A"), ("print", 95, " ", "\t"),
    ("punct", 32, "@", "a"), ("space", 6, "\n", "x"), ("upper", 26, "Z", "z"), ("xdigit", 22, "F", "g"),
  ])
  func knowsThePOSIXClassesOfASCII(_ name: String, _ count: Int, _ member: String, _ other: String) throws {
    let patterns = try ExcludePatterns(["[[:\(name):]]"])
    // No class has bytes of multi-byte characters, and a slash ends a name before brackets could see it.
    let members = (UInt8.min...UInt8.max).filter { patterns.excludes(path: [$0], isDirectory: false) }
    #expect(members.count == count - (["graph", "print", "punct"].contains(name) ? 1 : 0))
    #expect(patterns.excludes(path: Array(member.utf8), isDirectory: false))
    #expect(!patterns.excludes(path: Array(other.utf8), isDirectory: false))
  }

  @Test func matchesNamesThatAreNotUTF8() throws {
    let name: [UInt8] = [0x64, 0x2f, 0xff, 0xfe, 0x2e, 0x6f]  // d/\xff\xfe.o
    for pattern in ["*.o", "d/*", "??.o", "[!a]*", "**/*.o", "d/[!a-z]?.o"] {
      #expect(try ExcludePatterns([pattern]).excludes(path: name, isDirectory: false), "\(pattern)")
    }
    for pattern in ["?.o", "d", "[a-z]*"] {
      #expect(try !ExcludePatterns([pattern]).excludes(path: name, isDirectory: false), "\(pattern)")
    }
  }

  @Test(arguments: [
    ("", "it names nothing"), ("/", "it names nothing"), ("!", "it names nothing"), ("a//b", "two slashes"),
    ("a//", "two slashes"), ("//", "two slashes"), ("a\\", "a backslash must be followed"), ("[a", "not closed"),
    ("[", "not closed"), ("[!", "not closed"), ("[]", "not closed"), ("[a/b]", "can never match"),
    ("[z-a]", "runs backwards"), ("[[:nope:]]", "not a class"), ("[[:digit", "not a class"), ("[é]", "single bytes"),
    ("a\u{0}", "NUL"), ("[a-", "not closed"), ("[a\\", "not closed"), ("a\\/b", "a backslash must be followed"),
  ])
  func refusesAPatternThatCouldNeverMatchWhatWasMeant(_ pattern: String, _ part: String) throws {
    let error = try #require(throws: PolicyError.self) { try ExcludePatterns(["*.o", pattern]) }
    #expect(error.category == .usage)
    #expect(error.message.hasPrefix("cannot use the pattern `\(pattern)`: "))
    #expect(error.message.contains(part), "\(error.message)")
  }

  @Test func excludesNothingWithoutPatterns() throws {
    let patterns = try ExcludePatterns([])
    #expect(patterns.isEmpty)
    #expect(!patterns.excludes(path: Array("a".utf8), isDirectory: true))
    #expect(try !ExcludePatterns(["a"]).isEmpty)
  }

  // With backtracking at every star these would take longer than the universe has existed.
  @Test(
    .timeLimit(.minutes(10)),
    arguments: [
      (String(repeating: "a*", count: 60) + "b", String(repeating: "a", count: 250)),
      (String(repeating: "*?", count: 60) + "b", String(repeating: "a", count: 250)),
      (String(repeating: "**/a/", count: 60) + "b", String(repeating: "a/", count: 500) + "a"),
      (String(repeating: "**/*a*/", count: 40) + "b", String(repeating: "aaaa/", count: 400) + "a"),
      (String(repeating: "[ab]*", count: 60) + "c", String(repeating: "ab", count: 120)),
    ])
  func endsSoonForChainsOfStars(_ pattern: String, _ path: String) throws {
    let patterns = try ExcludePatterns([pattern])
    let bytes = Array(path.utf8)
    #expect(!patterns.excludes(path: bytes, isDirectory: false))
    #expect(patterns.excludes(path: Array((path.dropLast() + pattern.suffix(1)).utf8), isDirectory: false))
  }

  /// Compares with a matcher that is too slow to use but too simple to be wrong.
  @Test func agreesWithARecursiveMatcherOnRandomPatterns() throws {
    var random = SeededRandom(seed: 1)
    for _ in 0..<20_000 {
      let pattern = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        let parts = ["a", "b", "*", "**", "?", "a*", "*b", "a*b", "**b"]
        return parts[Int.random(in: 0..<parts.count, using: &random)]
      }
      let path = (0..<Int.random(in: 1...5, using: &random)).map { _ in
        String((0..<Int.random(in: 1...3, using: &random)).map { _ in Bool.random(using: &random) ? "a" : "b" })
      }
      let text = "/" + pattern.joined(separator: "/")
      let excluded = try ExcludePatterns([text]).excludes(
        path: Array(path.joined(separator: "/").utf8), isDirectory: false)
      #expect(excluded == Self.slowlyMatches(pattern[...], path[...]), "\(text) \(path)")
    }
  }

  private static func slowlyMatches(_ pattern: ArraySlice<String>, _ path: ArraySlice<String>) -> Bool {
    guard let first = pattern.first else { return path.isEmpty }
    if first == "**" {
      if pattern.count == 1 { return !path.isEmpty }
      return (path.startIndex...path.endIndex).contains { slowlyMatches(pattern.dropFirst(), path[$0...]) }
    }
    guard let name = path.first else { return false }
    return slowlyMatches(Array(first)[...], Array(name)[...]) && slowlyMatches(pattern.dropFirst(), path.dropFirst())
  }

  private static func slowlyMatches(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return name.isEmpty }
    if first == "*" {
      return (name.startIndex...name.endIndex).contains { slowlyMatches(pattern.dropFirst(), name[$0...]) }
    }
    guard let character = name.first, first == "?" || first == character else { return false }
    return slowlyMatches(pattern.dropFirst(), name.dropFirst())
  }
}
