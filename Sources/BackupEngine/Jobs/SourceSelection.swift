import BackupModel
import BackupPolicy
import BackupRepository
import JobEngine

/// The sources that a job looks at: those of other jobs, or those of the repository whose names match.
struct SourceSelection: Sendable {
  /// Patterns of names, with or without the kind, in which `*` stands for any characters, slashes too; nil for the sources of other jobs.
  private let patterns: [String]?

  /// Reads the key `sources` of a declaration.
  ///
  /// - Throws: `PolicyError` if neither `of` nor `sources` says which sources are meant, or both do.
  init(_ declaration: JobDeclaration) throws(PolicyError) {
    let subject = "job `\(declaration.name)` of kind \(declaration.kind)"
    guard let node = declaration.specification["sources"] else {
      guard declaration.of.isEmpty else {
        patterns = nil
        return
      }
      throw PolicyError(
        at: declaration.location, "\(subject) has neither `of` nor `sources`",
        hint: "name the jobs whose points it looks at, `of: [trees]`, or sources of the repository, `sources: \"*\"`")
    }
    guard declaration.of.isEmpty else {
      throw PolicyError(
        at: node.location, "\(subject) has both `of` and `sources`",
        hint: "keep `of` to look at what this run made, or `sources` to look at what is there")
    }
    let patterns = try node.strings()
    guard !patterns.isEmpty else {
      throw PolicyError(at: node.location, "`sources` of \(subject) is empty", hint: "all sources are `\"*\"`")
    }
    self.patterns = patterns
  }

  /// The sources, each once, and the point that an earlier job of this run made of it.
  ///
  /// - Throws: `RepositoryError`; ``EngineError`` `badSpecification` for a pattern that no source matches.
  func sources(
    of inputs: [JobInput<SourceID>], in repository: Repository
  ) throws -> [(source: SourceID, point: String?)] {
    guard let patterns else { return PointResult.subjects(of: inputs) }
    let all = try repository.sources()
    for pattern in patterns where !all.contains(where: { Self.isMeant($0, by: pattern) }) {
      throw EngineError(
        .badSpecification, "cannot find a source that matches `\(pattern)` in the repository",
        hint: "list the sources with `backupctl points`")
    }
    return all.filter { source in patterns.contains { Self.isMeant(source, by: $0) } }.map { ($0, nil) }
  }

  /// A pattern is of names, with or without the kind: `nfs/*`, `tree/*`.
  private static func isMeant(_ source: SourceID, by pattern: String) -> Bool {
    matches(source.name, pattern) || matches(source.description, pattern)
  }
}

/// Whether a name matches a pattern in which `*` stands for any characters.
func matches(_ name: String, _ pattern: String) -> Bool {
  let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
  guard let first = parts.first, let last = parts.last, parts.count > 1 else { return name == pattern }
  guard name.hasPrefix(first), name.count >= first.count + last.count, name.hasSuffix(last) else { return false }
  var rest = name.dropFirst(first.count).dropLast(last.count)
  for part in parts.dropFirst().dropLast() where !part.isEmpty {
    guard let range = rest.firstRange(of: part) else { return false }
    rest = rest[range.upperBound...]
  }
  return true
}
