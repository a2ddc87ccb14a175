import BackupRepository
import HostSystem

/// Makes the entries that have no content of their own: symbolic links, devices, FIFOs, sockets and further names of files.
struct NameRestorer {
  let root: OpenFile
  let metadata: MetadataWriter
  /// Whether something of another kind may be replaced.
  let overwrite: Bool

  /// Makes a symbolic link, device, FIFO or socket.
  ///
  /// - Returns: whether something bore the name before.
  func restore(_ entry: IndexEntry, in directory: TargetDirectory) throws(RestoreFailure) -> Bool {
    let name = lastComponent(of: entry.path)
    do throws(SystemError) {
      var isFound = false
      if !directory.isNew, let present = try status(of: name, in: directory.handle) {
        isFound = true
        if try isSame(present, as: entry, name, directory.handle) {
          let changed = try metadata.apply(entry, to: name, in: directory.handle)
          metadata.outcome.finished(entry, written: changed ? 0 : nil)
          return true
        }
        guard overwrite || present.kind == entry.kind else {
          throw SystemError(call: "mknod", errno: 17, path: name.displayedPath)
        }
        try remove(name, present, in: directory.handle)
      }
      if entry.kind == .symbolicLink {
        try directory.handle.makeSymbolicLink(name, target: entry.linkTarget ?? [])
      } else {
        try directory.handle.makeNode(
          name, kind: entry.kind, permissions: entry.permissions & 0o777, device: entry.device)
      }
      do throws(SystemError) {
        try metadata.apply(entry, to: name, in: directory.handle)
      } catch {
        metadata.outcome.incomplete(entry.path, "its metadata can't be restored: \(error.call): \(error.reason)")
      }
      metadata.outcome.finished(entry, written: 0)
      return isFound
    } catch {
      throw RestoreFailure(error, inTheWay: true)
    }
  }

  private func isSame(
    _ present: FileStatus, as entry: IndexEntry, _ name: PathBytes, _ directory: OpenFile
  ) throws(SystemError) -> Bool {
    guard present.kind == entry.kind else { return false }
    switch entry.kind {
    case .symbolicLink: return try directory.linkTarget(of: name) == entry.linkTarget
    case .characterDevice, .blockDevice: return present.deviceNumber == entry.device
    default: return true
    }
  }

  private func status(of name: PathBytes, in directory: OpenFile) throws(SystemError) -> FileStatus? {
    do throws(SystemError) {
      return try directory.status(of: name)
    } catch {
      if error.isMissing { return nil }
      throw error
    }
  }

  private func remove(_ name: PathBytes, _ present: FileStatus, in directory: OpenFile) throws(SystemError) {
    if present.kind == .directory { try directory.removeDirectory(name) } else { try directory.unlink(name) }
  }

  /// Makes a directory, or takes over the one that is there.
  ///
  /// - Returns: the open directory. A symbolic link in its place is never followed.
  func makeDirectory(_ name: PathBytes, in parent: TargetDirectory) throws(RestoreFailure) -> TargetDirectory {
    do throws(SystemError) {
      do throws(SystemError) {
        try parent.handle.makeDirectory(name, permissions: 0o700)
      } catch {
        guard error.isExisting, !parent.isNew else { throw error }
        if let existing = try openExisting(name, in: parent.handle) { return existing }
        try parent.handle.makeDirectory(name, permissions: 0o700)
      }
      return TargetDirectory(
        try parent.handle.open(NameInArray(in: name + [0], at: 0), .directory), isNew: true,
        givesAttributes: parent.givesAttributes)
    } catch {
      throw RestoreFailure(error, inTheWay: true)
    }
  }

  /// Opens what bears a directory's name if it is one; removes it if it isn't and may be replaced.
  private func openExisting(_ name: PathBytes, in parent: OpenFile) throws(SystemError) -> TargetDirectory? {
    let present = try parent.status(of: name)
    guard present.kind == .directory else {
      guard overwrite else { throw SystemError(call: "mkdir", errno: 17, path: name.displayedPath) }
      try parent.unlink(name)
      return nil
    }
    let named = NameInArray(in: name + [0], at: 0)
    do throws(SystemError) {
      return try TargetDirectory(existing: parent.open(named, .directory))
    } catch {
      // A closed directory of a user who isn't root; it gets its recorded permissions at the end.
      guard error.isDenied else { throw error }
      try parent.setPermissions(of: name, present.permissions | 0o700)
      return try TargetDirectory(existing: parent.open(named, .directory))
    }
  }

  /// Makes a further name of a file that was restored.
  ///
  /// - Returns: whether something bore the name before.
  func restore(_ link: PendingLink) throws(RestoreFailure) -> Bool {
    let name = lastComponent(of: link.entry.path)
    let shown = link.target.displayedPath
    if metadata.outcome.hasFailed(link.target) {
      throw RestoreFailure(reason: "it is a further name of \(shown), which could not be restored")
    }
    let directory = link.directory.handle
    do throws(SystemError) {
      let parent = parentPath(of: link.target).map(Array.init) ?? [0x2E]
      let first = lastComponent(of: link.target)
      let firstDirectory = isRootPath(parent[...]) ? root : try root.openDirectoryBeneath(parent)
      guard !link.directory.isNew, let present = try status(of: name, in: directory) else {
        try firstDirectory.makeHardLink(first, in: directory, newName: name)
        metadata.outcome.finishedLink(isUnchanged: false)
        return false
      }
      let wanted = try firstDirectory.status(of: first)
      if present.inode == wanted.inode, present.device == wanted.device {
        metadata.outcome.finishedLink(isUnchanged: true)
        return true
      }
      guard overwrite || present.kind == link.entry.kind else {
        throw SystemError(call: "link", errno: 17, path: name.displayedPath)
      }
      try remove(name, present, in: directory)
      try firstDirectory.makeHardLink(first, in: directory, newName: name)
      metadata.outcome.finishedLink(isUnchanged: false)
      return true
    } catch {
      if error.isMissing || error.isNotDirectory {
        throw RestoreFailure(reason: "it is a further name of \(shown), which isn't there")
      }
      throw RestoreFailure(error, inTheWay: true)
    }
  }
}
