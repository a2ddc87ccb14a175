public import BackupModel
public import BackupPolicy
public import HostSystem

/// A directory that is archived as one source.
public struct TreeSource: Sendable {
  /// The source's name.
  public var source: SourceID
  /// The directory.
  public var path: PathBytes
  /// What is left out.
  public var excludes: ExcludePatterns
  /// Whether mount points below it are archived as empty directories.
  public var staysOnFileSystem: Bool
  /// Whether its subdirectories are left out, because they are sources of their own.
  public var isLooseFiles: Bool

  /// Describes a source.
  public init(
    source: SourceID, path: PathBytes, excludes: ExcludePatterns, staysOnFileSystem: Bool = true,
    isLooseFiles: Bool = false
  ) {
    self.source = source
    self.path = path
    self.excludes = excludes
    self.staysOnFileSystem = staysOnFileSystem
    self.isLooseFiles = isLooseFiles
  }

  /// The name that a path gets when none is given: its components, escaped; `root` for `/`.
  ///
  /// - Parameter path: absolute.
  public static func name(for path: PathBytes) -> String {
    let components = path.split(separator: 0x2F).filter { !$0.elementsEqual([0x2E]) }
    return components.isEmpty ? "root" : components.map { SourceID.escaping($0) }.joined(separator: "/")
  }

  /// The sources of a configured tree: the tree itself, or with `each-child` one for each directory in it and one for the
  /// loose files.
  ///
  /// - Throws: ``EngineError`` `sourceUnreadable` if the directory can't be listed: never fewer sources in silence.
  public static func expand(_ tree: TreeDeclaration) throws -> [TreeSource] {
    let excludes = try tree.excludePatterns()
    let path = PathBytes(path: tree.path)
    guard tree.eachChild else {
      return [
        TreeSource(
          source: tree.source, path: path, excludes: excludes, staysOnFileSystem: tree.staysOnOneFileSystem)
      ]
    }
    let excluded = Set(tree.excludedChildren.map { PathBytes(path: $0.name) })
    var sources: [TreeSource] = []
    for name in try childDirectories(of: path) where !excluded.contains(name) {
      guard let source = SourceID(kind: .tree, name: "\(tree.name)/\(SourceID.escaping(name))") else {
        throw EngineError(.sourceUnreadable, "cannot name the source of \(name.displayedPath) in \(tree.path)")
      }
      sources.append(
        TreeSource(
          source: source, path: path + [0x2F] + name, excludes: excludes,
          staysOnFileSystem: tree.staysOnOneFileSystem))
    }
    if let loose = SourceID(kind: .tree, name: "\(tree.name)/\(TreeDeclaration.looseFilesName)") {
      sources.append(TreeSource(source: loose, path: path, excludes: excludes, isLooseFiles: true))
    }
    return sources
  }

  private static func childDirectories(of path: PathBytes) throws -> [PathBytes] {
    do throws(SystemError) {
      let directory = try OpenFile.open(path, .directoryFollowing)
      var children: [PathBytes] = []
      for name in try directory.names() where !RestorePlace.isName(name) {
        do throws(SystemError) {
          if try directory.status(of: name).kind == .directory { children.append(name) }
        } catch {
          // Gone since the directory was listed.
          if !error.isMissing { throw error }
        }
      }
      return children.sorted { $0.lexicographicallyPrecedes($1) }
    } catch {
      throw EngineError(
        .sourceUnreadable, "cannot list the children of \(path.displayedPath): \(error.reason)", cause: error.cause,
        hint: "check that the file system is mounted: `findmnt --target \(path.displayedPath)`")
    }
  }
}
