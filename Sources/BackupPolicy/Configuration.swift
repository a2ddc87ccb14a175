/// What an administrator declares in `/etc/backupctl/config.yaml`: the repository, the trees and the parameters.
public struct Configuration: Hashable, Sendable {
  /// Where backups are stored.
  public var repository: RepositoryDeclaration
  /// What is backed up, in the order of the file.
  public var trees: [TreeDeclaration]
  /// How archives are made.
  public var parameters: ArchiveParameters

  /// Makes a configuration.
  public init(
    repository: RepositoryDeclaration, trees: [TreeDeclaration] = [], parameters: ArchiveParameters = .init()
  ) {
    self.repository = repository
    self.trees = trees
    self.parameters = parameters
  }

  /// Parses a configuration.
  ///
  /// - Parameters:
  ///   - text: the document.
  ///   - file: the name under which errors speak of it.
  /// - Throws: ``PolicyError`` of the category `usage` for the first mistake, with file and line.
  public static func parse(text: String, file: String) throws(PolicyError) -> Configuration {
    let root = try DocumentNode.parse(text: text, file: file)
    let mapping = try root.mapping(allowing: ["repository", "trees", "parameters"], as: "a configuration")
    return Configuration(
      repository: try RepositoryDeclaration(mapping.required("repository"), paths: .absolute),
      trees: try mapping["trees"].map { node throws(PolicyError) in
        try TreeDeclaration.list(node, paths: .absolute)
      } ?? [],
      parameters: try mapping["parameters"].map { node throws(PolicyError) in
        try ArchiveParameters(node)
      } ?? ArchiveParameters())
  }

  /// The configuration as YAML with every default spelled out; it parses back to an equal configuration.
  public func effectiveYAML() -> String {
    var lines = ["repository:", "  path: \(repository.path.yamlQuoted)"]
    if let id = repository.id { lines.append("  id: \(id.yamlQuoted)") }
    lines.append("  must-be-mounted: \(repository.mustBeMounted)")
    lines.append(trees.isEmpty ? "trees: []" : "trees:")
    for tree in trees { lines += Self.lines(of: tree) }
    lines += [
      "parameters:",
      "  compression-level: \(parameters.compressionLevel)",
      "  frame-size: \(parameters.frameSize.exactText)",
      "  pack-size: \(parameters.packSize.exactText)",
      "  chunk-size: \(parameters.chunkSize.exactText)",
      "  threads: \(parameters.threads.map(String.init) ?? "auto")",
      "  suspicious-below: \(parameters.suspiciousBelow)",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private static func lines(of tree: TreeDeclaration) -> [String] {
    var lines = ["  - name: \(tree.name.yamlQuoted)", "    path: \(tree.path.yamlQuoted)"]
    lines.append(tree.exclusions.isEmpty ? "    exclude: []" : "    exclude:")
    for exclusion in tree.exclusions {
      lines.append("      - {pattern: \(exclusion.pattern.yamlQuoted), reason: \(exclusion.reason.yamlQuoted)}")
    }
    lines.append("    one-file-system: \(tree.staysOnOneFileSystem)")
    lines.append("    each-child: \(tree.eachChild)")
    if tree.eachChild {
      lines.append(tree.excludedChildren.isEmpty ? "    exclude-children: []" : "    exclude-children:")
      for child in tree.excludedChildren {
        lines.append("      - {name: \(child.name.yamlQuoted), reason: \(child.reason.yamlQuoted)}")
      }
    }
    return lines
  }
}
