extension PackReader {
  /// Compares the seek table with the list of frames.
  ///
  /// - Returns: what is wrong with it, or nil.
  /// - Throws: `SystemError` if the file can't be read.
  public func seekTableProblem() throws -> String? {
    let start = tableStart + counts.contentBytes
    let expected = SeekTable.encode(frames: frames, tableBytes: Int(counts.contentBytes) + 8)
    let found = try file.contents(at: start, count: expected.count)
    return found == expected ? nil : "the seek table doesn't agree with the table of contents"
  }

  /// Compares the header of a frame with what the table of contents says of the frame.
  ///
  /// Reads ``FrameHeader/mostBytes`` bytes and decompresses nothing.
  /// - Returns: what is wrong with it, or nil.
  /// - Throws: `SystemError` if the file can't be read.
  public func headerProblem(ofFrame number: Int) throws -> String? {
    let record = frames[number]
    let count = min(Int(record.size), FrameHeader.mostBytes)
    guard let header = FrameHeader(try file.contents(at: Int64(record.offset), count: count)) else {
      return "it doesn't begin as a zstd frame does"
    }
    guard let size = header.contentSize else { return "its header doesn't state its size" }
    guard size == UInt64(record.contentSize) else {
      return "its header states \(size) bytes, the table of contents \(record.contentSize)"
    }
    if !header.hasChecksum { return "its header says that it has no checksum" }
    return header.needsDictionary ? "its header asks for a dictionary" : nil
  }
}
