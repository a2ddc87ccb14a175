import BackupPolicy

extension ConfigurationDocument {
  /// Something inside a tree that is left out.
  struct Exclusion: Encodable {
    let pattern: String
    let reason: String
  }

  /// A directory that is no source.
  struct ExcludedChild: Encodable {
    let name: String
    let reason: String
  }

  /// A directory tree.
  struct Tree: Encodable {
    let name: String
    let path: String
    let exclude: [Exclusion]
    let oneFileSystem: Bool
    let eachChild: Bool
    let excludeChildren: [ExcludedChild]
    let maximumAge: String?

    enum CodingKeys: String, CodingKey {
      case name, path, exclude
      case oneFileSystem = "one-file-system"
      case eachChild = "each-child"
      case excludeChildren = "exclude-children"
      case maximumAge = "maximum-age"
    }

    init(_ tree: TreeDeclaration) {
      name = tree.name
      path = tree.path
      exclude = tree.exclusions.map { Exclusion(pattern: $0.pattern, reason: $0.reason) }
      oneFileSystem = tree.staysOnOneFileSystem
      eachChild = tree.eachChild
      excludeChildren = tree.excludedChildren.map { ExcludedChild(name: $0.name, reason: $0.reason) }
      maximumAge = tree.maximumAge?.policyText
    }
  }

  /// A command whose output is a source.
  struct Stream: Encodable {
    let name: String
    let command: [String]
    let file: String
    let environment: [String: String]
    let maximumAge: String?
    let mayBeEmpty: Bool

    enum CodingKeys: String, CodingKey {
      case name, command, file, environment
      case maximumAge = "maximum-age"
      case mayBeEmpty = "may-be-empty"
    }

    init(_ stream: StreamDeclaration) {
      name = stream.name
      command = stream.command
      file = stream.file
      environment = stream.environment
      maximumAge = stream.maximumAge?.policyText
      mayBeEmpty = stream.mayBeEmpty
    }
  }

  /// What ought to be protected.
  struct Coverage: Encodable {
    struct Exclusion: Encodable {
      let path: String
      let reason: String
    }

    let roots: [String]
    let exclude: [Exclusion]

    init(_ coverage: CoverageDeclaration) {
      roots = coverage.roots
      exclude = coverage.excluded.map { Exclusion(path: $0.path, reason: $0.reason) }
    }
  }
}
