public import BackupModel
import CLinux
import Glibc

extension OpenFile {
  /// Reads up to `count` bytes at the file's offset `offset` and appends them to `buffer`, until the end of the file.
  ///
  /// - Returns: how many bytes were read; less than `count` only at the end of the file.
  @discardableResult
  public func read(at offset: Int64, count: Int, appendingTo buffer: inout [UInt8]) throws(SystemError) -> Int {
    let start = buffer.count
    // Growing by `append(contentsOf:)` would fill the new room with zeros first; one extra pass over memory that
    // the kernel is about to write is cheap beside the copy, and needs no unsafe construction of the array.
    var missing = count
    while missing > 0 {
      buffer += Self.zeros.prefix(missing)
      missing -= min(missing, Self.zeros.count)
    }
    var done = 0
    while done < count {
      let result = buffer.withUnsafeMutableBytes { raw in
        uninterrupted {
          pread(descriptor, raw.baseAddress.map { $0 + start + done }, count - done, off_t(offset) + off_t(done))
        }
      }
      guard result >= 0 else {
        buffer.removeLast(count - done)
        throw .last("read", path)
      }
      if result == 0 { break }
      done += result
    }
    if done < count { buffer.removeLast(count - done) }
    return done
  }

  /// Reads at the file's offset `offset` into the array from index `start` on.
  ///
  /// - Returns: how many bytes were read; less than asked only at the end of the file.
  public func read(at offset: Int64, into buffer: inout [UInt8], from start: Int, count: Int) throws(SystemError) -> Int
  {
    precondition(start >= 0 && count >= 0 && start + count <= buffer.count, "the array has room")
    var done = 0
    while done < count {
      let result = buffer.withUnsafeMutableBytes { raw in
        uninterrupted {
          pread(descriptor, raw.baseAddress.map { $0 + start + done }, count - done, off_t(offset) + off_t(done))
        }
      }
      guard result >= 0 else { throw .last("read", path) }
      if result == 0 { break }
      done += result
    }
    return done
  }

  /// Appended block by block: a sequence of single zeros would be gone through one by one in a debug build.
  private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

  /// The bytes of the file from `offset` on, at most `count`.
  public func contents(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
    var buffer: [UInt8] = []
    // `count` is often a limit far above what is there. What isn't a regular file may have no size of its own.
    let status = try status()
    let isSized = status.kind == .file && status.size > 0
    let wanted = isSized ? Int(max(0, min(Int64(count), status.size - offset))) : count
    try read(at: offset, count: wanted, appendingTo: &buffer)
    return buffer
  }

  /// Writes all bytes at the end of what was written before.
  public func write(_ bytes: some Collection<UInt8>) throws(SystemError) {
    var failure: SystemError?
    let wrote: Void? = bytes.withContiguousStorageIfAvailable { storage in
      failure = writeAll(UnsafeRawBufferPointer(storage))
    }
    if wrote == nil { failure = Array(bytes).withUnsafeBytes { writeAll($0) } }
    if let failure { throw failure }
  }

  private func writeAll(_ raw: UnsafeRawBufferPointer) -> SystemError? {
    var done = 0
    while done < raw.count {
      let result = uninterrupted { Glibc.write(descriptor, raw.baseAddress.map { $0 + done }, raw.count - done) }
      guard result > 0 else { return .last("write", path) }
      done += result
    }
    return nil
  }

  /// Writes all bytes at an offset of the file.
  public func write(_ bytes: ArraySlice<UInt8>, at offset: Int64) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let result = bytes.withUnsafeBytes { raw in
        uninterrupted {
          pwrite(descriptor, raw.baseAddress.map { $0 + done }, raw.count - done, off_t(offset) + off_t(done))
        }
      }
      guard result > 0 else { throw .last("write", path) }
      done += result
    }
  }

  /// Sets the length; what is new reads as zeros and takes no space.
  public func setSize(_ size: Int64) throws(SystemError) {
    guard uninterrupted({ ftruncate(descriptor, off_t(size)) }) == 0 else { throw .last("truncate", path) }
  }

  /// Makes the file that long at least, with room on the disk for all of it; what is new reads as zeros.
  ///
  /// Stands for `posix_fallocate`, which writes a byte to each block where the file system knows no other way.
  public func allocate(_ size: Int64) throws(SystemError) {
    var number = posix_fallocate(descriptor, 0, off_t(size))
    while number == EINTR { number = posix_fallocate(descriptor, 0, off_t(size)) }
    guard number == 0 else { throw SystemError(call: "fallocate", errno: number, path: path) }
  }

  /// The length of the file or block device.
  public func length() throws(SystemError) -> Int64 {
    let end = Int64(lseek(descriptor, 0, SEEK_END))
    guard end >= 0 else { throw .last("seek", path) }
    return end
  }

  /// Makes a range read as zeros and gives its room back, for a file or a block device that can do both.
  ///
  /// Stands for `fallocate` with `FALLOC_FL_PUNCH_HOLE` or else `FALLOC_FL_ZERO_RANGE`; both promise zeros, as a discard doesn't.
  public func zeroRange(offset: Int64, length: Int64) throws(SystemError) {
    guard uninterrupted({ clinux_zero_range(descriptor, offset, length) }) == 0 else { throw .last("fallocate", path) }
  }

  /// The ranges that hold data, up to `size`; the rest are holes. A file system that can't tell says all is data.
  public func dataRanges(size: Int64) throws(SystemError) -> [Range<Int64>] {
    var ranges: [Range<Int64>] = []
    var position: Int64 = 0
    while position < size {
      let data = Int64(lseek(descriptor, off_t(position), clinux_SEEK_DATA))
      if data < 0 {
        if errno == ENXIO { break }
        if errno == EINVAL, ranges.isEmpty { return [0..<size] }
        throw .last("seek", path)
      }
      guard data < size else { break }
      let hole = Int64(lseek(descriptor, off_t(data), clinux_SEEK_HOLE))
      guard hole >= 0 else { throw .last("seek", path) }
      ranges.append(data..<min(hole, size))
      position = hole
    }
    return ranges
  }

  /// Writes what is in memory of the file to the medium and waits.
  public func synchronize() throws(SystemError) {
    guard uninterrupted({ fsync(descriptor) }) == 0 else { throw .last("fsync", path) }
  }

  /// Writes everything of the file system that holds this file to its medium and waits.
  public func synchronizeFileSystem() throws(SystemError) {
    guard uninterrupted({ clinux_syncfs(descriptor) }) == 0 else { throw .last("syncfs", path) }
  }

  /// Begins to write a range to the medium without waiting; only a matter of speed, so a failure is ignored here
  /// and found by ``synchronize()``.
  public func startWriteback(offset: Int64, length: Int64) {
    _ = clinux_start_writeback(descriptor, offset, length)
  }

  /// Whether the first page of the file is in memory already.
  public var isCached: Bool { clinux_is_cached(descriptor) == 1 }

  /// Drops the file's pages from memory; advice only, so a failure is ignored.
  public func dropCache() { _ = clinux_drop_cache(descriptor) }

  /// Whether the page that holds an offset of the file is in memory already.
  public func isCached(at offset: Int64) -> Bool { clinux_is_cached_at(descriptor, offset) == 1 }

  /// Drops the pages of a range from memory; advice only, so a failure is ignored.
  public func dropCache(offset: Int64, length: Int64) { _ = clinux_drop_cache_range(descriptor, offset, length) }

  /// Starts reading a range into memory without waiting; advice only, so a failure is ignored.
  public func prefetch(offset: Int64, length: Int64) { _ = clinux_prefetch(descriptor, offset, length) }

  /// Available and total bytes of the file system.
  public func space() throws(SystemError) -> (available: ByteCount, total: ByteCount) {
    var available: UInt64 = 0
    var total: UInt64 = 0
    guard clinux_space(descriptor, &available, &total) == 0 else { throw .last("statvfs", path) }
    return (ByteCount(Int64(clamping: available)), ByteCount(Int64(clamping: total)))
  }

  /// Takes the advisory lock of the open file (`flock`) without waiting.
  ///
  /// - Returns: false if another open file holds it.
  public func tryLock(exclusive: Bool) throws(SystemError) -> Bool {
    if uninterrupted({ clinux_flock(descriptor, exclusive ? 1 : 0) }) == 0 { return true }
    if errno == EWOULDBLOCK { return false }
    throw .last("flock", path)
  }

  /// Gives the advisory lock of the open file back, for all copies of the descriptor; none is no error.
  public func unlock() {
    // It fails only for a descriptor that isn't open.
    _ = clinux_unlock(descriptor)
  }
}
