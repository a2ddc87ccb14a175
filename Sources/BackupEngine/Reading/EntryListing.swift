public import BackupRepository
public import HostSystem

/// Lists the entries of a point below a path.
///
/// Not thread-safe.
public struct EntryListing {
  private let reader: IndexReader
  /// So many entries of a subtree are passed over before the next block is looked for from above: a block that has been
  /// read holds some hundreds of lines, and finding another costs reading one of each level.
  private static let mostPassedOver = 500

  /// Lists through a reader.
  public init(_ reader: IndexReader) { self.reader = reader }

  /// Calls `body` with what is directly in a directory; blocks that hold only what is further below aren't read.
  ///
  /// - Parameter body: returns false to end.
  /// - Throws: `RepositoryError` `damaged`; what `body` throws.
  public func forEachChild(of directory: PathBytes, _ body: (IndexEntry) throws -> Bool) throws {
    let isRoot = isRootPath(directory[...])
    var next: PathBytes? = directory
    while let first = next {
      next = nil
      var passedOver = 0
      try reader.forEachEntry(from: first) { entry in
        if entry.path == directory { return true }
        guard isRoot || Self.isBelow(entry.path, directory) else { return false }
        let nameStart = isRoot ? 0 : directory.count + 1
        if let slash = entry.path[nameStart...].firstIndex(of: 0x2F) {
          passedOver += 1
          if passedOver < Self.mostPassedOver { return true }
          next = Self.after(entry.path[..<slash])
          return false
        }
        passedOver = 0
        return try body(entry)
      }
    }
  }

  /// Whether a path lies below a directory that isn't the root.
  static func isBelow(_ path: PathBytes, _ directory: PathBytes) -> Bool {
    path.count > directory.count && path[directory.count] == 0x2F && path.starts(with: directory)
  }

  /// The first path that can follow everything below a directory.
  ///
  /// `/` sorts as 0, so what follows `a/…` begins with `a` and the byte 1: `a+b` and `a.c` come after it, and before
  /// them all names that begin with `a` and a control character.
  static func after(_ directory: ArraySlice<UInt8>) -> PathBytes { directory + [0x01] }
}
