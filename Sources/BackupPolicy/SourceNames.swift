import BackupModel

/// The names of the sources of one kind that a document declares, checked against each other.
///
/// Each kind has a directory of its own in a repository, so a tree and a stream may bear the same name.
struct SourceNames {
  private let kind: SourceKind
  private var declared: [(source: SourceID, line: Int)] = []

  /// Makes an empty collection of names of a kind.
  init(_ kind: SourceKind) { self.kind = kind }

  /// Reads the name of a source.
  static func source(_ kind: SourceKind, _ node: DocumentNode) throws(PolicyError) -> SourceID {
    let name = try node.string()
    guard let source = SourceID(kind: kind, name: name) else {
      throw node.unexpected(
        expected: "a name: components joined by `/`, each of letters, digits and `. _ - + @ : %`, "
          + "not `.`, `..` or one of \(listed(SourceID.reservedComponents.sorted()))")
    }
    return source
  }

  /// Adds a name.
  ///
  /// - Throws: ``PolicyError`` if the name is there already, or one name lies within the other.
  mutating func add(_ source: SourceID, at location: DocumentLocation) throws(PolicyError) {
    for earlier in declared {
      if let problem = conflict(of: source, with: earlier.source) {
        throw PolicyError(
          at: location, "\(problem) declared on line \(earlier.line)",
          hint: "every source has a store of its own; give one of the \(kind.rawValue)s another name")
      }
    }
    declared.append((source, location.line))
  }

  private func conflict(of source: SourceID, with earlier: SourceID) -> String? {
    if source == earlier { return "duplicate \(kind.rawValue) name `\(source.name)`, already" }
    let (mine, theirs) = (source.components, earlier.components)
    guard mine.starts(with: theirs) || theirs.starts(with: mine) else { return nil }
    return "\(kind.rawValue) name `\(source.name)` overlaps with `\(earlier.name)`,"
  }
}
