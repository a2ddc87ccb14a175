extension JobDeclaration {
  /// The keys that every job may have, whatever its kind.
  public static let commonKeys: Set<String> = ["kind", "of", "after", "when", "uses", "timeout", "retry", "hooks"]

  /// Reads one job; references to other jobs and to resources are checked by ``Schedule``.
  init(name: String, _ node: DocumentNode, kinds: [String: KindKeys]) throws(PolicyError) {
    let subject = "job `\(name)`"
    // The kind decides which keys are known, so it is looked up before they are checked.
    let entries = try node.entries()
    guard let kindNode = entries.first(where: { $0.name == "kind" })?.value else {
      throw PolicyError(
        at: node.location, "\(subject) has no `kind`", hint: "kinds known here: \(listed(kinds.keys.sorted()))")
    }
    let kind = try kindNode.string()
    guard let ownKeys = kinds[kind] else {
      throw PolicyError(
        at: kindNode.location, "\(subject) has the unknown kind `\(kind)`\(suggestion(for: kind, among: kinds.keys))",
        hint: "kinds known here: \(listed(kinds.keys.sorted()))")
    }
    let mapping = try node.mapping(allowing: ownKeys.adding(Self.commonKeys), as: "\(subject) of kind `\(kind)`")
    self.name = name
    self.kind = kind
    of = try mapping["of"]?.distinctStrings() ?? []
    after = try mapping["after"]?.distinctStrings() ?? []
    uses = try mapping["uses"]?.distinctStrings() ?? []
    when = try mapping["when"]?.word(of: Condition.self) ?? .success
    timeout = try mapping["timeout"]?.duration(in: .seconds(1) ... .seconds(30 * 86_400))
    retry = try mapping["retry"].map { node throws(PolicyError) in try Retry(node) } ?? Retry()
    hooks = try mapping["hooks"].map { node throws(PolicyError) in try Hooks(node) } ?? Hooks()
    // A kind may decode a common key again, so a key of both stays in its specification.
    specification = mapping.removing(ownKeys.missing(of: Self.commonKeys))
    location = node.location
    if let node = mapping["when"], of.isEmpty, after.isEmpty {
      throw PolicyError(
        at: node.location, "\(subject) has `when` but waits for no job", hint: "name the jobs with `of` or `after`")
    }
  }
}

extension JobDeclaration.Retry {
  fileprivate init(_ node: DocumentNode) throws(PolicyError) {
    self.init()
    let mapping = try node.mapping(allowing: ["attempts", "backoff"])
    attempts = try mapping.required("attempts").int(in: 1...20)
    backoff = try mapping["backoff"]?.duration(in: .zero ... .seconds(86_400)) ?? backoff
  }
}

extension DocumentNode {
  /// The value as a list of texts, none of them twice.
  fileprivate func distinctStrings() throws(PolicyError) -> [String] {
    try distinctStringNodes().map { element throws(PolicyError) in try element.string() }
  }
}
