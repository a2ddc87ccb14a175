import BackupModel

/// Whether and how the kernel keeps everybody, root included, from changing and removing a file of the repository.
///
/// The flags are those of `chattr +i` and `chattr +a` (FS_IOC_SETFLAGS, ioctl_iflags(2)); ext4, xfs and btrfs know them. A file that has one
/// can't be removed, renamed or overwritten by anything until somebody lifts it.
public enum FileProtection: Sendable {
  /// The file can be changed and removed.
  case none
  /// Nothing of the file can be changed; for packs, points, holds and what describes the repository.
  case immutable
  /// The file can only grow; for what is appended to.
  case appendOnly
}

extension SourceStore {
  /// Protects all files of the store that are finished, if the configuration asks for it; those that are protected stay so.
  ///
  /// What an archive, a forget or a prune made and couldn't protect, since it was interrupted, is protected by the next one.
  /// - Throws: ``RepositoryError`` `writeFailed` if the file system or the caller can't.
  public func protectFiles(_: SourceLock) throws {
    guard storage.protectsFiles else { return }
    for name in ["repository.json", "README.txt", "rescue.py"] { try storage.protect(name, .immutable) }
    for name in try storage.list(pointsPath) ?? []
    where name.hasSuffix(".json") || name.hasSuffix(Self.holdEnding) {
      try storage.protect("\(pointsPath)/\(name)", .immutable)
    }
    for name in try packNames() { try storage.protect("\(packsPath)/\(name.fileName)", .immutable) }
    if try storage.list(path)?.contains(AttestationLog.fileName) == true {
      try storage.protect("\(path)/\(AttestationLog.fileName)", .appendOnly)
    }
  }
}
