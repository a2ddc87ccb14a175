import HostSystem

extension MetadataHolds {
  /// Reads a piece of a device as it is on the disk now.
  ///
  /// The kernel writes thin metadata past the page cache of the device that it keeps open, so that pages read earlier stay
  /// there with their old content: they are dropped first.
  /// - Throws: `SystemError`.
  @Sendable
  public static func readUncached(_ device: String, _ offset: Int64, _ count: Int) throws -> [UInt8] {
    let file = try OpenFile.open(PathBytes(path: device), .readOwn)
    file.dropCache(offset: offset, length: Int64(count))
    return try file.contents(at: offset, count: count)
  }
}
