public import BackupModel
import CLinux
import Glibc

extension OpenFile {
  /// Makes a directory in this one.
  public func makeDirectory(_ name: PathBytes, permissions: UInt32) throws(SystemError) {
    guard withCString(name, { mkdirat(descriptor, $0, permissions) }) == 0 else {
      throw .last("mkdir", "\(path)/\(name.displayedPath)")
    }
  }

  /// Removes a name that isn't a directory.
  public func unlink(_ name: PathBytes) throws(SystemError) {
    guard withCString(name, { unlinkat(descriptor, $0, 0) }) == 0 else {
      throw .last("unlink", "\(path)/\(name.displayedPath)")
    }
  }

  /// Removes an empty directory.
  public func removeDirectory(_ name: PathBytes) throws(SystemError) {
    guard withCString(name, { unlinkat(descriptor, $0, AT_REMOVEDIR) }) == 0 else {
      throw .last("rmdir", "\(path)/\(name.displayedPath)")
    }
  }

  /// Gives a name of this directory another name, replacing what bore it, in one step.
  public func rename(_ from: PathBytes, to target: PathBytes) throws(SystemError) {
    try rename(from, to: target, in: self)
  }

  /// Moves a name to another directory of the same file system, replacing what bore the name there, in one step.
  public func rename(_ from: PathBytes, to target: PathBytes, in directory: OpenFile) throws(SystemError) {
    let result = withCString(from) { old in
      withCString(target) { new in renameat(descriptor, old, directory.descriptor, new) }
    }
    guard result == 0 else { throw .last("rename", "\(path)/\(from.displayedPath)") }
  }

  /// Lets two names of the same file system bear each other's things, in one step (renameat2(2), `RENAME_EXCHANGE`).
  ///
  /// Both names resolve at every instant. They may be of different kinds. Mount points can't be exchanged (`EBUSY`), and
  /// not every file system is able to: NFS isn't (`EINVAL`).
  public func exchange(_ name: PathBytes, with other: PathBytes, in directory: OpenFile) throws(SystemError) {
    let result = withCString(name) { first in
      withCString(other) { second in clinux_exchange(descriptor, first, directory.descriptor, second) }
    }
    guard result == 0 else { throw .last("renameat2", "\(path)/\(name.displayedPath)") }
  }

  /// Moves a name to another directory of the same file system where nothing bears the new name, in one step
  /// (renameat2(2), `RENAME_NOREPLACE`).
  ///
  /// - Throws: ``SystemError``; `EEXIST` if something bears the new name.
  public func renameToNew(_ name: PathBytes, as newName: PathBytes, in directory: OpenFile) throws(SystemError) {
    let result = withCString(name) { old in
      withCString(newName) { new in clinux_rename_new(descriptor, old, directory.descriptor, new) }
    }
    guard result == 0 else { throw .last("renameat2", "\(path)/\(name.displayedPath)") }
  }

  /// Makes a symbolic link.
  public func makeSymbolicLink(_ name: PathBytes, target: PathBytes) throws(SystemError) {
    let result = withCString(target) { to in withCString(name) { symlinkat(to, descriptor, $0) } }
    guard result == 0 else { throw .last("symlink", "\(path)/\(name.displayedPath)") }
  }

  /// Gives an existing file a further name in another directory.
  public func makeHardLink(
    _ name: PathBytes, in directory: OpenFile, newName: PathBytes
  ) throws(SystemError) {
    let result = withCString(name) { old in
      withCString(newName) { new in linkat(descriptor, old, directory.descriptor, new, 0) }
    }
    guard result == 0 else { throw .last("link", "\(directory.path)/\(newName.displayedPath)") }
  }

  /// Makes a device, FIFO or socket.
  public func makeNode(
    _ name: PathBytes, kind: FileKind, permissions: UInt32, device: DeviceNumber
  ) throws(SystemError) {
    let type: mode_t
    switch kind {
    case .characterDevice: type = mode_t(S_IFCHR)
    case .blockDevice: type = mode_t(S_IFBLK)
    case .fifo: type = mode_t(S_IFIFO)
    case .socket: type = mode_t(S_IFSOCK)
    case .file, .directory, .symbolicLink:
      throw SystemError(call: "mknod", errno: EINVAL, path: name.displayedPath)
    }
    let result = withCString(name) {
      clinux_mknodat(descriptor, $0, type | mode_t(permissions), clinux_makedev(device.major, device.minor))
    }
    guard result == 0 else { throw .last("mknod", "\(path)/\(name.displayedPath)") }
  }

  /// Sets owner and group of a name; a symbolic link itself, not its target.
  public func setOwner(of name: PathBytes, owner: UInt32, group: UInt32) throws(SystemError) {
    guard withCString(name, { fchownat(descriptor, $0, owner, group, AT_SYMLINK_NOFOLLOW) }) == 0 else {
      throw .last("chown", "\(path)/\(name.displayedPath)")
    }
  }

  /// Sets the permission bits of a name that isn't a symbolic link.
  public func setPermissions(of name: PathBytes, _ permissions: UInt32) throws(SystemError) {
    guard withCString(name, { fchmodat(descriptor, $0, mode_t(permissions), 0) }) == 0 else {
      throw .last("chmod", "\(path)/\(name.displayedPath)")
    }
  }

  /// Sets the modification time of a name; a symbolic link itself, not its target. The access time is set to it too.
  public func setModified(of name: PathBytes, _ time: Timestamp) throws(SystemError) {
    var times = [timespec](
      repeating: timespec(tv_sec: Int(time.seconds), tv_nsec: Int(time.nanoseconds)), count: 2)
    guard withCString(name, { utimensat(descriptor, $0, &times, AT_SYMLINK_NOFOLLOW) }) == 0 else {
      throw .last("utimensat", "\(path)/\(name.displayedPath)")
    }
  }

  /// Sets owner and group of this open file.
  public func setOwner(owner: UInt32, group: UInt32) throws(SystemError) {
    guard fchown(descriptor, owner, group) == 0 else { throw .last("chown", path) }
  }

  /// Sets the permission bits of this open file.
  public func setPermissions(_ permissions: UInt32) throws(SystemError) {
    guard fchmod(descriptor, mode_t(permissions)) == 0 else { throw .last("chmod", path) }
  }

  /// Sets the modification time of this open file, and its access time to the same.
  public func setModified(_ time: Timestamp) throws(SystemError) {
    var times = [timespec](
      repeating: timespec(tv_sec: Int(time.seconds), tv_nsec: Int(time.nanoseconds)), count: 2)
    guard futimens(descriptor, &times) == 0 else { throw .last("utimensat", path) }
  }
}
