import BackupArchive
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// A source to archive, of either kind.
enum ArchiveRequest {
  case tree(TreeArchive.Request)
  case stream(StreamArchive.Request, ChildCommand)
  case volume(VolumeArchive, SourceStore)

  /// Where the point goes.
  var store: SourceStore {
    switch self {
    case .tree(let request): request.point.store
    case .stream(let request, _): request.point.store
    case .volume(_, let store): store
    }
  }
}

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
  func requests(for arguments: [String]) throws -> [ArchiveRequest] {
    if sourceName != nil, arguments.count != 1 {
      throw CommandError(
        .usage, "cannot archive \(arguments.count) sources under one name", hint: "use --as with one path only")
    }
    return try arguments.flatMap { argument in
      if let stream = try declaredStream(argument) { return [stream] }
      return try sources(for: argument).map { ArchiveRequest.tree(try settings.request(for: $0)) }
    }
  }

  /// The request for a stream whose command was typed.
  ///
  /// - Throws: `CommandError` `usage` if the names can't be used.
  func stream(_ name: String, command vector: [String], file: String?) throws -> ArchiveRequest {
    let file = file ?? StreamDeclaration.defaultFile
    guard !file.isEmpty, file != ".", file != "..", !file.utf8.contains(0x2F), file.utf8.count <= 255 else {
      throw CommandError(
        .usage, "cannot name the output '\(file)': it is not the name of one file",
        hint: "for example `--file conf.tar`")
    }
    guard let command = ChildCommand(vector: vector) else {
      throw CommandError(.usage, "cannot archive the stream \(name): its command is empty")
    }
    let source = try sourceID(.stream, name)
    return .stream(settings.request(for: source, file: file), command)
  }

  /// The request for a configured stream; a tree of that name comes first.
  private func declaredStream(_ argument: String) throws -> ArchiveRequest? {
    guard sourceName == nil, let configuration,
      !configuration.trees.contains(where: { $0.name == argument }),
      let declared = configuration.streams.first(where: { $0.name == argument || $0.source.description == argument })
    else { return nil }
    let stream = try StreamSource(declared)
    return .stream(
      settings.request(for: stream.source, file: stream.file, mayBeEmpty: stream.mayBeEmpty), stream.command)
  }

  /// The request for a volume.
  ///
  /// - Throws: `CommandError` `usage` if its name is too long for a source.
  func volume(_ target: VolumeTarget, on host: VolumeHost) throws -> ArchiveRequest {
    guard let source = target.volume.source else {
      throw CommandError(.usage, "cannot archive \(target.volume): its name is too long for a source")
    }
    let point = settings.point(for: source)
    return .volume(VolumeArchive(target, as: point, on: host), point.store)
  }

  private var settings: ArchiveSettings {
    let limits = configuration?.limits ?? Limits()
    return ArchiveSettings(
      repository: repository, parameters: configuration?.parameters ?? ArchiveParameters(), limits: limits,
      pacer: Pacer.keeping(limits, clock: CommandEnvironment.current.clock), host: hostName(), tool: toolName,
      holder: LockHolder.text)
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
    return TreeSource(
      source: try sourceID(.tree, name), path: path, excludes: try ExcludePatterns(exclude),
      staysOnFileSystem: !crossesMounts)
  }

  private func sourceID(_ kind: SourceKind, _ name: String) throws -> SourceID {
    guard let source = SourceID(kind: kind, name: name) else {
      throw CommandError(
        .usage, "cannot name a source '\(name)'",
        hint: "a name has letters, digits and . _ - + @ : in components joined by /, none of them one of "
          + SourceID.reservedComponents.sorted().joined(separator: ", "))
    }
    return source
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
