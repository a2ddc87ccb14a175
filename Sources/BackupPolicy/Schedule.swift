/// A schedule file: when to run and which jobs, as declared; the graph is built of it elsewhere.
public struct Schedule: Hashable, Sendable {
  /// The name: the file's, without directory and `.yaml`.
  public let name: String
  /// When it starts by itself; nil if only by hand.
  public let timer: TimerDeclaration?
  /// The capacities of named resources, each at least 1.
  public let resources: [String: Int]
  /// A repository for those who have no configuration, as in a demonstration.
  public let repository: RepositoryDeclaration?
  /// Trees beside those of a configuration. A relative path is relative to the current directory.
  public let trees: [TreeDeclaration]
  /// The jobs, in the order of the file; at least one.
  public let jobs: [JobDeclaration]

  /// The job of a name.
  public func job(_ name: String) -> JobDeclaration? { jobs.first { $0.name == name } }

  /// Parses a schedule.
  ///
  /// - Parameters:
  ///   - text: the document.
  ///   - file: the name under which errors speak of it, and from which the schedule has its name.
  ///   - kinds: for each known kind of job the keys that it has beside the common ones.
  /// - Throws: ``PolicyError`` of the category `usage` for the first mistake, with file and line: an unknown key or
  ///   kind, a reference to a job or resource that isn't there, a cycle, a value that isn't what it should be.
  public static func parse(text: String, file: String, kinds: [String: Set<String>]) throws(PolicyError) -> Schedule {
    let root = try DocumentNode.parse(text: text, file: file)
    let mapping = try root.mapping(allowing: ["timer", "resources", "repository", "trees", "jobs"], as: "a schedule")
    let name = try Self.name(of: file)
    let timer = try mapping["timer"].map { node throws(PolicyError) in try TimerDeclaration(node) }
    let resources = try Self.resources(mapping["resources"])
    let repository = try mapping["repository"].map { node throws(PolicyError) in
      try RepositoryDeclaration(node, paths: .absoluteOrRelative)
    }
    let trees =
      try mapping["trees"].map { node throws(PolicyError) in
        try TreeDeclaration.list(node, paths: .absoluteOrRelative)
      } ?? []
    let jobsNode = try mapping.required("jobs")
    var jobs: [JobDeclaration] = []
    for (name, node) in try jobsNode.entries() {
      guard isName(name) else { throw PolicyError(at: node.location, "job name `\(name)` is not \(nameRule)") }
      jobs.append(try JobDeclaration(name: name, node, kinds: kinds))
    }
    guard !jobs.isEmpty else { throw PolicyError(at: jobsNode.location, "a schedule needs at least one job") }
    try JobReferences(jobs: jobs, resources: resources).check()
    return Schedule(
      name: name, timer: timer, resources: resources, repository: repository, trees: trees, jobs: jobs)
  }

  /// What a name of a schedule, job or resource is made of, for messages.
  private static let nameRule = "a name: letters, digits and `. _ -`, at most 64, the first a letter or digit"

  private static func isName(_ text: some StringProtocol) -> Bool {
    func isAlphanumeric(_ byte: UInt8) -> Bool {
      let lower = byte | 0x20
      return (lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z"))
        || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
    }
    guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= 64 else { return false }
    return text.utf8.allSatisfy {
      isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
    }
  }

  private static func name(of file: String) throws(PolicyError) -> String {
    var name = file.split(separator: "/").last ?? ""
    for ending in [".yaml", ".yml"] where name.hasSuffix(ending) { name = name.dropLast(ending.count) }
    guard isName(name) else {
      throw PolicyError(message: "cannot read \(file): its name without the ending, `\(name)`, is not \(nameRule)")
    }
    return String(name)
  }

  private static func resources(_ node: DocumentNode?) throws(PolicyError) -> [String: Int] {
    var resources: [String: Int] = [:]
    for (name, value) in try node?.entries() ?? [] {
      guard isName(name) else { throw PolicyError(at: value.location, "resource name `\(name)` is not \(nameRule)") }
      resources[name] = try value.int(in: 1...1000)
    }
    return resources
  }
}
