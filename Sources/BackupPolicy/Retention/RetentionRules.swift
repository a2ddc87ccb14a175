public import BackupModel

/// Which rules apply to each source of a host. Pure.
///
/// The most specific ones apply, as a whole: those that the configuration has for the source, else for its service, else the job's own,
/// else the configuration's for everything.
public struct RetentionRules: Sendable {
  /// Rules in the configuration that apply to nothing, so that what they were meant to keep would go by other rules.
  public struct Problem: Hashable, Sendable {
    /// Where the rules are written.
    public let location: DocumentLocation?
    /// What is wrong, without a full stop.
    public let text: String

    /// One line: `backupctl.yaml:31: no source matches …`.
    public var line: String { location.map { "\($0): \(text)" } ?? text }
  }

  private let declaration: RetentionDeclaration
  private let directory: ServiceDirectory
  private let fallback: EffectiveRules?
  /// What isn't as the configuration means it, in the order of the file.
  public let problems: [Problem]

  /// Joins what is declared with what there is.
  ///
  /// - Parameters:
  ///   - directory: the services of the host.
  ///   - sources: all sources of the host, those that have no point yet too.
  ///   - job: the rules of the job that forgets; nil if it has none or there is no job.
  public init(
    _ declaration: RetentionDeclaration, directory: ServiceDirectory, sources: [SourceID], job: EffectiveRules? = nil
  ) {
    self.declaration = declaration
    self.directory = directory
    fallback = job ?? declaration.keep.map { EffectiveRules($0, from: .configuration) }
    problems = Self.problems(of: declaration, directory, sources)
  }

  /// The rules of a source; nil if it has none, so that nothing of it is forgotten.
  public func rules(of source: SourceID) -> EffectiveRules? {
    if let (pattern, entry) = declaration.match(of: source) {
      return EffectiveRules(entry.rules, from: .source(pattern: pattern.text))
    }
    guard let service = directory.service(of: source),
      let entry = declaration.services.first(where: { $0.name == service.name })
    else { return fallback }
    return EffectiveRules(entry.rules, from: .service(name: service.name))
  }

  private static func problems(
    of declaration: RetentionDeclaration, _ directory: ServiceDirectory, _ sources: [SourceID]
  ) -> [Problem] {
    var problems: [Problem] = []
    for entry in declaration.services {
      guard let service = directory.services.first(where: { $0.name == entry.name }) else {
        problems.append(
          Problem(
            location: entry.rules.location,
            text: "`retention` has rules for the service `\(entry.name)`, and there is none of that name"
              + suggestion(for: entry.name, among: directory.services.map(\.name))))
        continue
      }
      guard service.sources.allSatisfy({ declaration.match(of: $0) != nil }) else { continue }
      problems.append(
        Problem(
          location: entry.rules.location,
          text: "the rules for the service `\(entry.name)` apply to nothing: each of its sources has rules of its own"))
    }
    for entry in declaration.sources {
      for pattern in entry.patterns {
        let matching = sources.filter { $0.matches(pattern) }
        if matching.isEmpty {
          problems.append(
            Problem(
              location: entry.rules.location,
              text: "`retention` has rules for the source `\(pattern)`, which no source matches"
                + suggestion(for: pattern.text, among: sources.map(\.name))))
        } else if !matching.contains(where: { declaration.match(of: $0)?.pattern == pattern }) {
          problems.append(
            Problem(
              location: entry.rules.location,
              text: "the rules for `\(pattern)` apply to nothing: entries before it match all that it matches"))
        }
      }
    }
    return problems
  }
}

extension RetentionDeclaration {
  /// The first entry that matches a source, and by which of its patterns.
  fileprivate func match(of source: SourceID) -> (pattern: Wildcard, entry: SourceRules)? {
    for entry in sources {
      if let pattern = entry.patterns.first(where: source.matches) { return (pattern, entry) }
    }
    return nil
  }
}

extension SourceID {
  /// Whether a pattern means the source, by its name with or without the kind.
  func matches(_ pattern: Wildcard) -> Bool { pattern.matches(name) || pattern.matches(description) }
}
