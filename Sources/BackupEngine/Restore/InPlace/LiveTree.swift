public import BackupModel
public import HostSystem

/// The directory whose content a restore in place replaces, examined without changing anything.
public struct LiveTree: Sendable, Hashable {
  /// What the surroundings of a live tree are, as they are on this host.
  public struct Surroundings: Sendable {
    /// What is mounted.
    public var mounts: MountTable
    /// Directories that this host exports by NFS.
    public var exports: [PathBytes]
    /// Directories that must not be moved away, with what they are.
    public var needed: [(path: PathBytes, what: String)]

    /// Describes surroundings.
    public init(mounts: MountTable, exports: [PathBytes], needed: [(path: PathBytes, what: String)]) {
      self.mounts = mounts
      self.exports = exports
      self.needed = needed
    }
  }

  /// Why a directory can't be exchanged itself.
  public enum Anchor: String, Sendable, Hashable {
    /// It is a mount point, which can't be renamed.
    case mountPoint
    /// It is exported by NFS, and clients would go on using the one that was moved away.
    case export
  }

  /// The directory: absolute, no symbolic link in it.
  public let path: PathBytes
  /// Its inode; nil if nothing is there.
  public let inode: UInt64?
  /// The directory in which the restored tree is made: the one above it, or a mount point itself.
  public let beside: PathBytes
  /// The number of the file system of ``beside``.
  public let device: UInt64
  /// Free bytes of it.
  public let available: ByteCount
  /// Whether clients that have an exported directory mounted may go on using the old tree.
  public let isExported: Bool
  /// Directories below it that are exported by themselves.
  public let exportsBelow: [PathBytes]
  /// Why all names in it are exchanged instead of the directory; nil if it is exchanged itself, or only paths in it are.
  public let anchor: Anchor?
  /// The names in it that would be exchanged; none if it is exchanged itself.
  public let names: Set<PathBytes>

  /// Looks at a directory.
  ///
  /// - Parameter wholly: whether all of it is replaced, not only paths in it.
  /// - Throws: ``EngineError`` `targetUnusable` if it can't be replaced, saying why and what can be done instead.
  public init(_ given: PathBytes, wholly: Bool, in surroundings: Surroundings) throws {
    let shown = given.displayedPath
    func refusal(_ why: String, cause: String? = nil, hint: String? = nil) -> EngineError {
      EngineError(.targetUnusable, "cannot restore in place to \(shown): \(why)", cause: cause, hint: hint)
    }
    let slash = given.last == 0x2F ? nil : given.lastIndex(of: 0x2F)
    guard given.first == 0x2F, let slash, given.count > 1 else {
      throw refusal("it is not the absolute path of a directory below another one")
    }
    let above = slash == 0 ? [0x2F] : Array(given[..<slash])
    let name = Array(given[(slash + 1)...])
    let parent: OpenFile
    let parentPath: PathBytes
    do throws(SystemError) {
      parent = try OpenFile.open(above, .directoryFollowing)
      parentPath = try parent.resolvedPath()
    } catch {
      throw refusal(
        "\(above.displayedPath): \(error.isNotDirectory ? "it is not a directory" : error.reason)", cause: error.cause,
        hint: "mount the file system that belongs there (`findmnt --target \(above.displayedPath)`), or restore "
          + "elsewhere with --to DIR")
    }
    let path = (parentPath == [0x2F] ? [] : parentPath) + [0x2F] + name
    let elsewhere = "restore beside it with --to DIR, then move what you need"
    let status = try Self.status(of: name, in: parent, refusal)
    if status == nil, !wholly {
      throw refusal("nothing is there, so single paths of it can't be replaced", hint: elsewhere)
    }
    if status?.kind == .symbolicLink {
      throw refusal(
        "it is a symbolic link",
        hint: "give the tree the path that the link leads to: `realpath \(shown)`; or \(elsewhere)")
    }
    if let status, status.kind != .directory { throw refusal("it is not a directory", hint: elsewhere) }
    let isMountPoint = surroundings.mounts.mounts.contains { $0.mountPoint == path }
    if wholly {
      let below = surroundings.mounts.mounts.first { $0.mountPoint != path && isPath($0.mountPoint, atOrBelow: path) }
      if let inner = below {
        throw refusal(
          "\(inner.mountPoint.displayedPath) is mounted in it and would go away with the old tree",
          hint: "unmount it first: `umount \(inner.mountPoint.displayedPath)`; or restore single paths with --path")
      }
      if let needed = surroundings.needed.first(where: { isPath($0.path, atOrBelow: path) }) {
        throw refusal("\(needed.what), \(needed.path.displayedPath), is in it", hint: elsewhere)
      }
    }
    let beside = isMountPoint ? path : parentPath
    let isRootOfExport = surroundings.exports.contains(path)
    anchor = !wholly || status == nil ? nil : isMountPoint ? .mountPoint : isRootOfExport ? .export : nil
    do throws(SystemError) {
      let directory = try OpenFile.open(beside, .directory)
      device = try directory.status().device
      available = try directory.space().available
      if anchor != nil {
        let live = try OpenFile.open(path, .directory)
        names = Set(try PlaceExchange.names(in: live, isMountPoint: isMountPoint).map(\.name))
      } else {
        names = []
      }
    } catch {
      throw refusal(error.reason, cause: error.cause)
    }
    if let status, status.device != device {
      throw refusal("it is on another file system than the directory above it", hint: elsewhere)
    }
    self.path = path
    inode = status?.inode
    self.beside = beside
    isExported = surroundings.exports.contains { isPath(path, atOrBelow: $0) }
    exportsBelow = surroundings.exports.filter { $0 != path && isPath($0, atOrBelow: path) }
  }

  /// Whether a name at its top stays as it is, whatever the point has under it.
  func keeps(_ name: PathBytes) -> Bool {
    anchor == .mountPoint && name == PlaceExchange.lostAndFound && !names.contains(name)
  }

  private static func status(
    of name: PathBytes, in parent: OpenFile, _ refusal: (String, String?, String?) -> EngineError
  ) throws -> FileStatus? {
    do throws(SystemError) {
      return try parent.status(of: name)
    } catch {
      if error.isMissing { return nil }
      throw refusal(error.reason, error.cause, nil)
    }
  }
}

extension LiveTree.Surroundings {
  /// What this host shows.
  ///
  /// - Parameter needed: directories that must not be moved away, with what they are; those that aren't there are left out.
  /// - Throws: ``EngineError`` `targetUnusable` if one of them, the mounts or the exports can't be looked at: whoever doesn't know what a
  ///   directory is used for doesn't move it away.
  public static func current(needed: [(path: PathBytes, what: String)]) throws -> LiveTree.Surroundings {
    do throws(SystemError) {
      var resolved: [(path: PathBytes, what: String)] = []
      for (path, what) in needed {
        do throws(SystemError) {
          resolved.append((try OpenFile.open(path, .directoryFollowing).resolvedPath(), what))
        } catch {
          // A directory that isn't there can't be moved away.
          guard error.isMissing else { throw error }
        }
      }
      return LiveTree.Surroundings(
        mounts: try .current(), exports: try ExportTable.current().directories, needed: resolved)
    } catch {
      throw EngineError(
        .targetUnusable,
        "cannot restore in place: what is mounted, exported and needed here can't be told: \(error.reason)",
        cause: error.cause, hint: "nothing was changed; restore beside it with --to DIR")
    }
  }
}
