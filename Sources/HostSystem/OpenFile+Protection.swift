import CLinux

extension OpenFile {
  /// Whether the kernel keeps everybody from changing the file, or from changing what it holds already.
  ///
  /// - Throws: ``SystemError`` `ENOTTY` or `ENOTSUP` where the file system knows no such flags.
  public func protection() throws(SystemError) -> (immutable: Bool, appendOnly: Bool) {
    let flags = try inodeFlags()
    return (flags & clinux_FS_IMMUTABLE_FL != 0, flags & clinux_FS_APPEND_FL != 0)
  }

  /// Sets or lifts both flags; the inode's other flags stay.
  ///
  /// - Throws: ``SystemError`` as ``protection()``; `EPERM` without CAP_LINUX_IMMUTABLE.
  public func setProtection(immutable: Bool, appendOnly: Bool) throws(SystemError) {
    var flags = try inodeFlags() & ~(clinux_FS_IMMUTABLE_FL | clinux_FS_APPEND_FL)
    if immutable { flags |= clinux_FS_IMMUTABLE_FL }
    if appendOnly { flags |= clinux_FS_APPEND_FL }
    guard clinux_set_inode_flags(descriptor, flags) == 0 else { throw .last("ioctl", path) }
  }

  private func inodeFlags() throws(SystemError) -> Int32 {
    var flags: Int32 = 0
    guard clinux_inode_flags(descriptor, &flags) == 0 else { throw .last("ioctl", path) }
    return flags
  }
}
