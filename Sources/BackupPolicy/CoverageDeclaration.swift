/// What ought to be protected, so that what nobody thought of shows.
public struct CoverageDeclaration: Hashable, Sendable {
  /// Something below a root that needs no protection.
  public struct Exclusion: Hashable, Sendable {
    /// An absolute path below one of the roots.
    public var path: String
    /// Why it needs none; never blank.
    public var reason: String

    /// Makes an exclusion.
    public init(path: String, reason: String) {
      self.path = path
      self.reason = reason
    }
  }

  /// Absolute paths of directories whose children must each be protected or excluded; `/srv` unless set.
  public var roots: [String]
  /// What is left out on purpose.
  public var excluded: [Exclusion]

  /// The roots unless the configuration names others.
  public static let defaultRoots = ["/srv"]

  /// Makes a declaration.
  public init(roots: [String] = CoverageDeclaration.defaultRoots, excluded: [Exclusion] = []) {
    self.roots = roots
    self.excluded = excluded
  }

  /// Reads the mapping `coverage`.
  init(_ node: DocumentNode) throws(PolicyError) {
    self.init()
    let mapping = try node.mapping(allowing: ["roots", "exclude"])
    roots = try mapping["roots"].map { node throws(PolicyError) in try PathRule.absolute.paths(node) } ?? roots
    for element in try mapping["exclude"]?.elements() ?? [] {
      let exclusion = try element.mapping(allowing: ["path", "reason"], as: "an exclusion of `coverage`")
      let place = try exclusion.required("path")
      let path = try PathRule.absolute.path(place)
      guard roots.contains(where: { path.hasPrefix($0 == "/" ? $0 : $0 + "/") && path != "/" }) else {
        throw PolicyError(
          at: place.location, "`\(path)` is excluded from the coverage, but lies below none of its roots",
          hint: roots.isEmpty ? "`roots` is empty, so nothing need be excluded" : "the roots are \(listed(roots))")
      }
      guard !excluded.contains(where: { $0.path == path }) else {
        throw PolicyError(at: place.location, "`\(path)` is excluded from the coverage twice")
      }
      guard let reason = exclusion["reason"] else {
        throw PolicyError(
          at: exclusion.location, "`\(path)` is excluded from the coverage without a `reason`",
          hint: "write why it need not be backed up: `reason: \"…\"`")
      }
      excluded.append(Exclusion(path: path, reason: try reason.nonBlankString("a reason in words")))
    }
  }
}
