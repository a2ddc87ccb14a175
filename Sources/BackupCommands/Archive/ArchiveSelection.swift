import BackupArchive
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Turns what a person typed after `archive` into requests.
struct ArchiveSelection {
  let configuration: Configuration?
  let repository: Repository
  let sourceName: String?
  let exclude: [String]
  let crossesMounts: Bool

  /// One request for each source.
  ///
  /// - Throws: `CommandError` `usage`; `EngineError` if a path can't be opened.
  func requests(for arguments: [String]) throws -> [TreeArchive.Request] {
    if sourceName != nil, arguments.count != 1 {
      throw CommandError(
        .usage, "cannot archive \(arguments.count) sources under one name", hint: "use --as with one path only")
    }
    let settings = ArchiveSettings(
      repository: repository, parameters: configuration?.parameters ?? ArchiveParameters(), host: hostName(),
      tool: toolName, holder: LockHolder.text)
    return try arguments.flatMap { try sources(for: $0) }.map { try settings.request(for: $0) }
  }

  private func sources(for argument: String) throws -> [TreeSource] {
    if sourceName == nil, let configuration {
      if let tree = configuration.trees.first(where: { $0.name == argument }) { return try TreeSource.expand(tree) }
      // A child of a tree with `each-child`, by its full name.
      for tree in configuration.trees where tree.eachChild && argument.hasPrefix("\(tree.name)/") {
        if let child = try TreeSource.expand(tree).first(where: { $0.source.name == argument }) { return [child] }
      }
    }
    return [try path(argument)]
  }

  private func path(_ argument: String) throws -> TreeSource {
    let path = PathBytes(path: argument)
    let name: String
    if let sourceName {
      name = sourceName
    } else {
      name = TreeSource.name(for: try absolute(path, argument))
    }
    guard let source = SourceID(kind: .tree, name: name) else {
      throw CommandError(
        .usage, "cannot name a source '\(name)'",
        hint: "a name has letters, digits and . _ - + @ : in components joined by /, none of them one of "
          + SourceID.reservedComponents.sorted().joined(separator: ", "))
    }
    return TreeSource(
      source: source, path: path, excludes: try ExcludePatterns(exclude), staysOnFileSystem: !crossesMounts)
  }

  private func absolute(_ path: PathBytes, _ argument: String) throws -> PathBytes {
    do throws(SystemError) {
      return try OpenFile.open(path, .directoryFollowing).resolvedPath()
    } catch {
      let names = configuration?.trees.map(\.name) ?? []
      let nearest = nearestName(to: argument, among: names).map { "did you mean the tree `\($0)`?" }
      throw EngineError(
        .sourceUnreadable,
        "cannot archive \(argument): \(error.isNotDirectory ? "it is not a directory" : error.reason)",
        cause: error.cause,
        hint: nearest
          ?? (error.isNotDirectory
            ? "give the directory that holds it; single files are restored with `restore --path`"
            : "check the path, and that the file system is mounted (`findmnt`)"))
    }
  }
}

/// What this process writes into the locks that it holds.
enum LockHolder {
  static var text: String {
    let environment = CommandEnvironment.current
    return "pid \(environment.processID) on \(hostName()) since \(environment.clock.now()): \(environment.commandLine)"
  }
}
