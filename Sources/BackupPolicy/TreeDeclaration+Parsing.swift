import BackupModel

extension TreeDeclaration {
  private static let keys: Set<String> = [
    "name", "path", "exclude", "one-file-system", "each-child", "exclude-children", "maximum-age",
  ]

  /// The last component of the source that holds the loose files of a tree with `each-child`: `nfs/_files`.
  public static let looseFilesName = "_files"

  /// Reads a list of trees and checks them against each other.
  static func list(_ node: DocumentNode, paths rule: PathRule) throws(PolicyError) -> [TreeDeclaration] {
    var trees: [TreeDeclaration] = []
    var names = SourceNames(.tree)
    for element in try node.elements() {
      let tree = try TreeDeclaration(element, paths: rule)
      try names.add(tree.source, at: element.location)
      trees.append(tree)
    }
    return trees
  }

  private init(_ node: DocumentNode, paths rule: PathRule) throws(PolicyError) {
    let mapping = try node.mapping(allowing: Self.keys)
    source = try SourceNames.source(.tree, mapping.required("name"))
    let subject = "tree `\(source.name)`"
    path = try rule.path(mapping.required("path"))
    exclusions = try Self.exclusions(mapping["exclude"], of: subject)
    staysOnOneFileSystem = try mapping["one-file-system"]?.bool() ?? true
    eachChild = try mapping["each-child"]?.bool() ?? false
    maximumAge = try mapping["maximum-age"]?.maximumAge()
    excludedChildren = []
    guard let children = mapping["exclude-children"] else { return }
    guard eachChild else {
      throw PolicyError(
        at: children.location, "\(subject) has `exclude-children` but not `each-child: true`",
        hint: "to leave out a directory of a single source, use `exclude` with the pattern `/NAME/`")
    }
    excludedChildren = try Self.excludedChildren(children, of: subject)
  }

  private static func exclusions(_ node: DocumentNode?, of subject: String) throws(PolicyError) -> [Exclusion] {
    var exclusions: [Exclusion] = []
    for element in try node?.elements() ?? [] {
      let mapping = try element.mapping(allowing: ["pattern", "reason"], as: "an exclusion of \(subject)")
      let pattern = try mapping.required("pattern")
      let text = try pattern.string()
      do {
        _ = try ExcludeRule(text)
      } catch {
        throw PolicyError(
          at: pattern.location, "exclusion `\(text)` of \(subject): \(error.problem)", hint: error.hint)
      }
      guard let reason = mapping["reason"] else {
        throw PolicyError(
          at: mapping.location, "exclusion `\(text)` of \(subject) has no `reason`",
          hint: "write why it need not be backed up: `reason: \"…\"`")
      }
      exclusions.append(Exclusion(pattern: text, reason: try reason.nonBlankString("a reason in words")))
    }
    return exclusions
  }

  private static func excludedChildren(
    _ node: DocumentNode, of subject: String
  ) throws(PolicyError) -> [ExcludedChild] {
    var children: [ExcludedChild] = []
    for element in try node.elements() {
      let mapping = try element.mapping(allowing: ["name", "reason"], as: "an excluded child of \(subject)")
      let place = try mapping.required("name")
      let name = try place.string()
      guard name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")), !name.utf8.contains(0) else {
        throw place.unexpected(expected: "the name of one directory, without `/`")
      }
      guard !children.contains(where: { $0.name == name }) else {
        throw PolicyError(at: place.location, "child `\(name)` of \(subject) is excluded twice")
      }
      guard let reason = mapping["reason"] else {
        throw PolicyError(
          at: mapping.location, "excluded child `\(name)` of \(subject) has no `reason`",
          hint: "write why it need not be backed up: `reason: \"…\"`")
      }
      children.append(ExcludedChild(name: name, reason: try reason.nonBlankString("a reason in words")))
    }
    return children
  }
}
