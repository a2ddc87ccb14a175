import HostSystem

/// A directory of the target that entries are created in.
final class TargetDirectory: Sendable {
  /// The open directory.
  let handle: OpenFile
  /// Whether this run made it, so that nothing else is in it.
  let isNew: Bool
  /// Whether what is made in it inherits an ACL, which the entry's own attributes must then replace.
  let givesAttributes: Bool

  init(_ handle: OpenFile, isNew: Bool, givesAttributes: Bool) {
    self.handle = handle
    self.isNew = isNew
    self.givesAttributes = givesAttributes
  }

  /// Takes over a directory that was there before.
  convenience init(existing handle: OpenFile) throws(SystemError) {
    let inherited = PathBytes(path: "system.posix_acl_default")
    self.init(
      handle, isNew: false, givesAttributes: try handle.extendedAttributes().contains { $0.name == inherited })
  }
}

extension OpenFile {
  private static let longestPiece = 4000

  /// Opens a directory beneath this one by a path of any length; symbolic links in it are refused.
  ///
  /// The kernel takes at most 4095 bytes at once, so a longer path is opened piece by piece.
  func openDirectoryBeneath(_ path: PathBytes) throws(SystemError) -> OpenFile {
    guard path.count > Self.longestPiece else { return try openBeneath(path, .directory) }
    var current = self
    var start = path.startIndex
    while path.endIndex - start > Self.longestPiece {
      guard let slash = path[start..<start + Self.longestPiece].lastIndex(of: 0x2F) else { break }
      current = try current.openBeneath(Array(path[start..<slash]), .directory)
      start = slash + 1
    }
    return try current.openBeneath(Array(path[start...]), .directory)
  }
}
