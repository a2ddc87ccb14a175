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
  /// Streams beside those of a configuration.
  public let streams: [StreamDeclaration]
  /// Selections of thin volumes beside those of a configuration.
  public let volumes: [VolumeDeclaration]
  /// How long a run may take as a whole, a minute to 30 days; nil is as long as it needs.
  public let budget: Duration?
  /// The jobs, in the order of the file; at least one.
  public let jobs: [JobDeclaration]

  private static let keys: Set<String> = [
    "timer", "resources", "repository", "trees", "streams", "volumes", "budget", "jobs",
  ]

  /// The job of a name.
  public func job(_ name: String) -> JobDeclaration? { jobs.first { $0.name == name } }

  /// Parses a schedule.
  ///
  /// - Parameters:
  ///   - text: the document.
  ///   - file: the name under which errors speak of it, and from which the schedule has its name.
  ///   - kinds: for each known kind of job, those of plug-ins included, the keys that it has beside the common ones.
  /// - Throws: ``PolicyError`` of the category `usage` for the first mistake, with file and line: an unknown key or
  ///   kind, a reference to a job or resource that isn't there, a cycle, a value that isn't what it should be.
  public static func parse(text: String, file: String, kinds: [String: KindKeys]) throws(PolicyError) -> Schedule {
    let root = try DocumentNode.parse(text: text, file: file)
    let mapping = try root.mapping(allowing: Self.keys, as: "a schedule")
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
    let streams =
      try mapping["streams"].map { node throws(PolicyError) in try StreamDeclaration.list(node) } ?? []
    let volumes =
      try mapping["volumes"].map { node throws(PolicyError) in try VolumeDeclaration.list(node) } ?? []
    let budget = try mapping["budget"]?.duration(in: .seconds(60) ... .seconds(30 * 86_400))
    let jobsNode = try mapping.required("jobs")
    var jobs: [JobDeclaration] = []
    for (name, node) in try jobsNode.entries() {
      guard isPlainName(name) else {
        throw PolicyError(at: node.location, "job name `\(name)` is not \(plainNameRule)")
      }
      jobs.append(try JobDeclaration(name: name, node, kinds: kinds))
    }
    guard !jobs.isEmpty else { throw PolicyError(at: jobsNode.location, "a schedule needs at least one job") }
    try JobReferences(jobs: jobs, resources: resources).check()
    return Schedule(
      name: name, timer: timer, resources: resources, repository: repository, trees: trees, streams: streams,
      volumes: volumes, budget: budget, jobs: jobs)
  }

  private static func name(of file: String) throws(PolicyError) -> String {
    var name = file.split(separator: "/").last ?? ""
    for ending in [".yaml", ".yml"] where name.hasSuffix(ending) { name = name.dropLast(ending.count) }
    guard isPlainName(name) else {
      throw PolicyError(
        message: "cannot read \(file): its name without the ending, `\(name)`, is not \(plainNameRule)")
    }
    return String(name)
  }

  private static func resources(_ node: DocumentNode?) throws(PolicyError) -> [String: Int] {
    var resources: [String: Int] = [:]
    for (name, value) in try node?.entries() ?? [] {
      guard isPlainName(name) else {
        throw PolicyError(at: value.location, "resource name `\(name)` is not \(plainNameRule)")
      }
      resources[name] = try value.int(in: 1...1000)
    }
    return resources
  }
}
