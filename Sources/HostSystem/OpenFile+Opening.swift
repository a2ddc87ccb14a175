import CLinux
import Glibc

extension OpenFile {
  /// Opens a path from the working directory, or from the root if it is absolute.
  public static func open(_ path: PathBytes, _ mode: OpenMode) throws(SystemError) -> OpenFile {
    try open(path, mode, at: AT_FDCWD, within: "")
  }

  /// Opens a path relative to this directory.
  public func open(_ path: PathBytes, _ mode: OpenMode) throws(SystemError) -> OpenFile {
    try Self.open(path, mode, at: descriptor, within: self.path)
  }

  private static func open(
    _ path: PathBytes, _ mode: OpenMode, at directory: Int32, within parent: String
  ) throws(SystemError) -> OpenFile {
    let shown = parent.isEmpty ? path.displayedPath : "\(parent)/\(path.displayedPath)"
    var result = withCString(path) { name in
      uninterrupted { clinux_openat(directory, name, mode.flags, mode.permissions) }
    }
    if result < 0, errno == EPERM, mode.asksNoAtime {
      result = withCString(path) { name in
        uninterrupted { clinux_openat(directory, name, mode.withoutNoAtime.flags, mode.permissions) }
      }
    }
    guard result >= 0 else { throw .last("open", shown) }
    return OpenFile(descriptor: result, path: shown)
  }

  /// Opens a name in this directory; the new file's ``path`` is empty, for callers that know it otherwise.
  public func open(_ name: NameInArray, _ mode: OpenMode) throws(SystemError) -> OpenFile {
    var result = name.withCString { text in
      uninterrupted { clinux_openat(descriptor, text, mode.flags, mode.permissions) }
    }
    if result < 0, errno == EPERM, mode.asksNoAtime {
      result = name.withCString { text in
        uninterrupted { clinux_openat(descriptor, text, mode.withoutNoAtime.flags, mode.permissions) }
      }
    }
    guard result >= 0 else { throw .last("open", name.displayed) }
    return OpenFile(descriptor: result, path: "")
  }

  /// Opens a path beneath this directory; the kernel refuses symbolic links anywhere in it and every way out.
  ///
  /// Stands for `openat2` with `RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS`.
  public func openBeneath(_ path: PathBytes, _ mode: OpenMode) throws(SystemError) -> OpenFile {
    let result = withCString(path) { name in
      uninterrupted { clinux_openat_beneath(descriptor, name, mode.flags, mode.permissions) }
    }
    guard result >= 0 else { throw .last("openat2", "\(self.path)/\(path.displayedPath)") }
    return OpenFile(descriptor: result, path: "\(self.path)/\(path.displayedPath)")
  }

  /// What the open file is.
  public func status() throws(SystemError) -> FileStatus {
    var raw = clinux_stat()
    let result = "".withCString { clinux_fstatat(descriptor, $0, clinux_AT_EMPTY_PATH, &raw) }
    guard result == 0 else { throw .last("stat", path) }
    guard let status = FileStatus(raw) else { throw SystemError(call: "stat", errno: ENOTSUP, path: path) }
    return status
  }

  /// What a name in this directory is; a symbolic link isn't followed.
  public func status(of name: NameInArray) throws(SystemError) -> FileStatus {
    var raw = clinux_stat()
    let result = name.withCString { clinux_fstatat(descriptor, $0, AT_SYMLINK_NOFOLLOW, &raw) }
    guard result == 0 else { throw .last("stat", name.displayed) }
    guard let status = FileStatus(raw) else { throw SystemError(call: "stat", errno: ENOTSUP, path: name.displayed) }
    return status
  }

  /// What a path below this directory is; a symbolic link at its end isn't followed.
  public func status(of path: PathBytes) throws(SystemError) -> FileStatus {
    var raw = clinux_stat()
    let result = withCString(path) { clinux_fstatat(descriptor, $0, AT_SYMLINK_NOFOLLOW, &raw) }
    guard result == 0 else { throw .last("stat", "\(self.path)/\(path.displayedPath)") }
    guard let status = FileStatus(raw) else {
      throw SystemError(call: "stat", errno: ENOTSUP, path: path.displayedPath)
    }
    return status
  }

  /// The target of a symbolic link in this directory.
  public func linkTarget(of name: PathBytes) throws(SystemError) -> PathBytes {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = withCString(name) { text in
      buffer.withUnsafeMutableBytes { raw -> Int in
        guard let base = raw.baseAddress else { return 0 }
        return readlinkat(descriptor, text, base.assumingMemoryBound(to: CChar.self), raw.count)
      }
    }
    guard count >= 0 else { throw .last("readlink", name.displayedPath) }
    return Array(buffer[..<count])
  }

  /// Reads the next names of this directory into `buffer` and calls `body` with each one's place in it.
  ///
  /// - Parameter body: gets offset and length of a name in `buffer`; a NUL follows. `.` and `..` are left out.
  /// - Returns: false at the end of the directory.
  public func readNames(
    into buffer: inout [UInt8], _ body: (_ offset: Int, _ length: Int) -> Void
  ) throws(SystemError) -> Bool {
    let count = buffer.withUnsafeMutableBytes { raw in
      uninterrupted { clinux_getdents(descriptor, raw.baseAddress, raw.count - 1) }
    }
    guard count >= 0 else { throw .last("getdents", path) }
    guard count > 0 else { return false }
    // struct linux_dirent64: inode (8), offset (8), record length (2), type (1), name ended by NUL.
    var record = 0
    while record < count {
      let length = Int(buffer[record + 16]) | Int(buffer[record + 17]) << 8
      guard length >= 20, record + length <= count else { throw SystemError(call: "getdents", errno: EIO, path: path) }
      let start = record + 19
      var end = start
      while end < record + length, buffer[end] != 0 { end += 1 }
      let isDots = buffer[start] == 0x2E && (end - start == 1 || (end - start == 2 && buffer[start + 1] == 0x2E))
      if end > start, !isDots { body(start, end - start) }
      record += length
    }
    return true
  }
}

extension OpenFile {
  /// All names in this directory, in no particular order, without `.` and `..`.
  public func names() throws(SystemError) -> [PathBytes] {
    // An open directory has a position, which the last reading left at the end.
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw .last("seek", path) }
    var names: [PathBytes] = []
    var buffer = [UInt8](repeating: 0, count: 32_768)
    var ranges: [Range<Int>] = []
    while try readNames(into: &buffer, { ranges.append($0..<$0 + $1) }) {
      names += ranges.map { Array(buffer[$0]) }
      ranges.removeAll(keepingCapacity: true)
    }
    return names
  }
}
