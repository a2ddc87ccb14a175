/// What a configuration says about retention: `keep`, and other rules for single services and sources.
///
/// Rules are taken as a whole: those of a source or service replace what would apply otherwise, and are never mixed with it.
public struct RetentionDeclaration: Hashable, Sendable {
  /// Rules, and where they are written. Two are equal if they say the same, wherever they stand.
  public struct Rules: Hashable, Sendable {
    /// The rules.
    public var keep: KeepRules
    /// Where they are written; nil if they weren't read from a file.
    public var location: DocumentLocation?

    /// Makes rules.
    public init(_ keep: KeepRules, at location: DocumentLocation? = nil) {
      self.keep = keep
      self.location = location
    }

    /// Equal if the rules are.
    public static func == (left: Rules, right: Rules) -> Bool { left.keep == right.keep }
    /// Hashes the rules.
    public func hash(into hasher: inout Hasher) { hasher.combine(keep) }
  }

  /// The rules of a service.
  public struct ServiceRules: Hashable, Sendable {
    /// The service's name, declared or made by the names of sources.
    public var name: String
    /// Its rules.
    public var rules: Rules

    /// Makes the rules of a service.
    public init(name: String, rules: Rules) {
      self.name = name
      self.rules = rules
    }
  }

  /// The rules of some sources.
  public struct SourceRules: Hashable, Sendable {
    /// Names of sources or patterns of them, with or without the kind; at least one.
    public var patterns: [Wildcard]
    /// Their rules.
    public var rules: Rules

    /// Makes the rules of sources.
    public init(_ patterns: [Wildcard], rules: Rules) {
      self.patterns = patterns
      self.rules = rules
    }
  }

  /// What applies where nothing else does; nil is no rules.
  public var keep: Rules?
  /// The rules of single services, in the order of the file.
  public var services: [ServiceRules]
  /// The rules of single sources, in the order of the file; of two that match a source the first applies.
  public var sources: [SourceRules]

  /// Declares rules; without arguments there are none.
  public init(keep: Rules? = nil, services: [ServiceRules] = [], sources: [SourceRules] = []) {
    self.keep = keep
    self.services = services
    self.sources = sources
  }

  /// Whether no rules are declared at all.
  public var isEmpty: Bool { keep == nil && !hasOverrides }
  /// Whether some services or sources have rules of their own.
  public var hasOverrides: Bool { !services.isEmpty || !sources.isEmpty }
}

extension RetentionDeclaration {
  /// Reads the mapping `retention`.
  ///
  /// - Throws: ``PolicyError`` with file and line.
  init(_ node: DocumentNode) throws(PolicyError) {
    let mapping = try node.mapping(allowing: ["keep", "services", "sources"])
    self.init()
    keep = try Rules(of: mapping)
    for (name, node) in try mapping["services"]?.entries() ?? [] {
      let service = try node.mapping(allowing: ["keep"], as: "the service `\(name)` of `retention`")
      services.append(ServiceRules(name: name, rules: try Rules(requiredOf: service)))
    }
    var lines: [Wildcard: Int] = [:]
    for element in try mapping["sources"]?.elements() ?? [] {
      let entry = try element.mapping(allowing: ["match", "keep"])
      let place = try entry.required("match")
      var patterns: [Wildcard] = []
      for node in try place.distinctStringNodes() {
        let pattern = Wildcard(try node.nonBlankString())
        if let line = lines[pattern] {
          throw PolicyError(
            at: node.location, "`\(pattern)` has rules already, on line \(line)",
            hint: "of two entries that match a source the first applies: keep one of them")
        }
        lines[pattern] = node.location.line
        patterns.append(pattern)
      }
      guard !patterns.isEmpty else {
        throw PolicyError(
          at: place.location, "`match` of \(entry.subject) is empty", hint: "name the sources that the rules are for")
      }
      sources.append(SourceRules(patterns, rules: try Rules(requiredOf: entry)))
    }
  }

  /// The declaration as lines of YAML.
  var effectiveLines: [String] {
    guard !isEmpty else { return ["retention: {}"] }
    var lines = ["retention:"]
    if let keep { lines.append("  keep: \(keep.keep.yamlText)") }
    if !services.isEmpty {
      lines.append("  services:")
      lines += services.map { "    \($0.name.yamlQuoted): {keep: \($0.rules.keep.yamlText)}" }
    }
    if !sources.isEmpty {
      lines.append("  sources:")
      lines += sources.map { "    - {match: \($0.patterns.map(\.text).yamlList), keep: \($0.rules.keep.yamlText)}" }
    }
    return lines
  }
}

extension RetentionDeclaration.Rules {
  /// Reads the key `keep` of a mapping, if it is there.
  fileprivate init?(of mapping: StrictMapping) throws(PolicyError) {
    guard let entry = mapping.entries.first(where: { $0.key == "keep" }) else { return nil }
    self.init(try KeepRules(entry.value), at: entry.location)
  }

  /// Reads the key `keep` of a mapping, which must be there.
  fileprivate init(requiredOf mapping: StrictMapping) throws(PolicyError) {
    guard let rules = try Self(of: mapping) else {
      throw PolicyError(
        at: mapping.location, "\(mapping.subject) has no `keep`", hint: "say what stays: `keep: {last: 3, daily: 7}`")
    }
    self = rules
  }
}
