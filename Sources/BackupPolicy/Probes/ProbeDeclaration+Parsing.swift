extension ProbeDeclaration {
  private static let timeLimits = Duration.seconds(1) ... .seconds(7 * 86_400)
  private static let ages = Duration.seconds(86_400) ... .seconds(3650 * 86_400)

  /// Reads the value of `probes`: a list of names, each with its values where it has some.
  ///
  /// - Throws: ``PolicyError`` for what is no probe, and for one that is named twice; `command` may be.
  public static func list(_ node: DocumentNode) throws(PolicyError) -> [ProbeDeclaration] {
    var probes: [ProbeDeclaration] = []
    for element in try node.elements() {
      let probe = try ProbeDeclaration(element)
      if case .command = probe.test {
      } else if probes.contains(where: { $0.name == probe.name }) {
        throw PolicyError(at: element.location, "the probe `\(probe.name)` is named twice", hint: "keep one of them")
      }
      probes.append(probe)
    }
    return probes
  }

  private init(_ node: DocumentNode) throws(PolicyError) {
    guard case .mapping = node.content else {
      let word = try node.word(of: Word.self)
      guard let probe = ProbeDeclaration(named: word.rawValue) else {
        throw PolicyError(
          at: node.location, "the probe `command` has no command",
          hint: "write the program and its arguments: `{command: [/usr/local/bin/check-wiki, --quick]}`")
      }
      self = probe
      return
    }
    let entries = try node.entries()
    guard let entry = entries.first, entries.count == 1 else {
      throw node.unexpected(expected: "one probe, such as `sqlite` or `{sqlite: {timeout: 1h}}`")
    }
    guard let word = Word(rawValue: entry.name) else {
      let known = Word.allCases.map(\.rawValue)
      throw PolicyError(
        at: node.location, "there is no probe `\(entry.name)`\(suggestion(for: entry.name, among: known))",
        hint: "probes are \(listed(known))")
    }
    try self.init(word, entry.value)
  }

  private init(_ word: Word, _ node: DocumentNode) throws(PolicyError) {
    if word == .command {
      try self.init(command: node)
      return
    }
    let mapping: StrictMapping
    let subject = "the probe `\(word.rawValue)`"
    switch word {
    case .dump:
      mapping = try node.mapping(allowing: ["timeout", "unchanged-for"], as: subject)
      self.init(.dump(unchangedFor: try Self.unchangedFor(mapping["unchanged-for"])))
    case .postgres:
      mapping = try node.mapping(allowing: ["timeout", "programs"], as: subject)
      self.init(.postgres(programs: try Self.programs(mapping["programs"])))
    case .sqlite, .fileSystem, .command:
      mapping = try node.mapping(allowing: ["timeout"], as: subject)
      self.init(word == .sqlite ? .sqlite : .fileSystem)
    }
    timeLimit = try mapping["timeout"]?.duration(in: Self.timeLimits) ?? timeLimit
  }

  private init(command node: DocumentNode) throws(PolicyError) {
    guard case .mapping = node.content else {
      self.init(.command(try node.argumentVector()))
      return
    }
    let mapping = try node.mapping(allowing: ["run", "timeout"], as: "the probe `command`")
    self.init(.command(try mapping.required("run").argumentVector()))
    timeLimit = try mapping["timeout"]?.duration(in: Self.timeLimits) ?? timeLimit
  }

  private static func unchangedFor(_ node: DocumentNode?) throws(PolicyError) -> Duration? {
    guard let node else { return defaultUnchangedFor }
    if case .scalar("never", isQuoted: false) = node.content { return nil }
    return try node.duration(in: ages)
  }

  private static func programs(_ node: DocumentNode?) throws(PolicyError) -> String {
    guard let node else { return defaultPostgresPrograms }
    return try PathRule.absolute.path(node)
  }
}
