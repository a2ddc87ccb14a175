import BackupModel
import BackupRepository

/// The extents of the previous point's image, looked at in order of their offsets.
///
/// Not thread-safe.
struct PreviousImage {
  /// Bytes of the image.
  let size: Int64
  private var cursor: ExtentCursor
  private var current: (offset: Int64, extent: Extent)?

  /// Opens the image of a point.
  ///
  /// - Throws: `RepositoryError` `damaged`, also if the point holds no image.
  init(_ index: PreviousIndex) throws {
    guard let cursor = try ExtentCursor(try index.open(), path: ImageArchive.path) else {
      throw RepositoryError(.damaged, "cannot read the previous point's index: it has no \(ImageArchive.fileName)")
    }
    self.cursor = cursor
    size = cursor.entry.size
  }

  /// The extent that holds a byte, or nil behind the end. Offsets must not go back.
  mutating func extent(at position: Int64) throws -> (offset: Int64, extent: Extent)? {
    while current.map({ $0.offset + $0.extent.length <= position }) ?? true {
      guard let next = try cursor.next() else {
        current = nil
        return nil
      }
      current = next
    }
    return current
  }
}
