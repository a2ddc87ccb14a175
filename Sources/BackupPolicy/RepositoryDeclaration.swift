/// Which repository to use, as a configuration or a schedule says it.
public struct RepositoryDeclaration: Hashable, Sendable {
  /// The directory. Absolute in a configuration; in a schedule it may be relative to the current directory.
  public var path: String
  /// The id that the repository must have, in lower case; nil accepts any.
  public var id: String?
  /// Whether the directory must lie on a file system that is mounted for it, so that an absent disk is noticed.
  public var mustBeMounted: Bool
  /// Whether packs, points and what describes the repository are made immutable once they are finished.
  public var isImmutable: Bool

  /// Makes a declaration.
  public init(path: String, id: String? = nil, mustBeMounted: Bool = false, isImmutable: Bool = false) {
    self.path = path
    self.id = id
    self.mustBeMounted = mustBeMounted
    self.isImmutable = isImmutable
  }

  /// Reads `{path: …, id: …, must-be-mounted: …, immutable: …}`.
  init(_ node: DocumentNode, paths rule: PathRule) throws(PolicyError) {
    let mapping = try node.mapping(allowing: ["path", "id", "must-be-mounted", "immutable"])
    path = try rule.path(mapping.required("path"))
    mustBeMounted = try mapping["must-be-mounted"]?.bool() ?? false
    isImmutable = try mapping["immutable"]?.bool() ?? false
    if let node = mapping["id"] {
      let id = try node.string().lowercased()
      guard Self.isUUID(id) else {
        throw node.unexpected(expected: "an id such as `6f1c1f0e-2a5b-4c7d-9e8f-0a1b2c3d4e5f`")
      }
      self.id = id
    }
  }

  private static func isUUID(_ text: String) -> Bool {
    let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard groups.map(\.count) == [8, 4, 4, 4, 12] else { return false }
    return groups.joined().allSatisfy {
      ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "f"))
    }
  }
}
