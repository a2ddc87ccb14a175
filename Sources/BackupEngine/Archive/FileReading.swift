import BackupModel
import HostSystem

/// A regular file being read, and whether it held still.
final class FileReading {
  let file: OpenFile
  /// What the file was when reading it began.
  private(set) var status: FileStatus
  /// The end of what was read: the file's size, or less if it shrank.
  private(set) var readSize: Int64 = 0
  /// Whether the file changed between the beginning and the end of reading.
  private(set) var changed = false
  /// Whether the file's ctime isn't older than the clock tick in which reading began: then it can change again
  /// without its ctime showing it.
  private(set) var isRecent = false
  private let clock: any HostClock
  private let mostBytes: Int64
  private let wasCached: Bool

  /// Begins to read an open file.
  ///
  /// - Parameter mostBytes: a larger file isn't read in one piece.
  init(_ file: OpenFile, clock: any HostClock, mostBytes: Int64 = .max) throws(SystemError) {
    self.file = file
    self.clock = clock
    self.mostBytes = mostBytes
    let tick = clock.inodeTime()
    status = try file.status()
    guard status.kind == .file else { throw SystemError(call: "read", errno: 21, path: "no longer a file") }
    isRecent = status.changed >= tick
    // Pages of a small file aren't worth a system call; those of a large one are dropped if we brought them in.
    wasCached = status.size < 1 << 18 || file.isCached
  }

  deinit {
    if !wasCached { file.dropCache() }
  }

  /// The ranges that hold data.
  func dataRanges() throws(SystemError) -> [Range<Int64>] {
    if status.size == 0 { return [] }
    // Only a file that takes less room than its length can have holes.
    guard status.allocatedBytes < status.size else { return [0..<status.size] }
    return try file.dataRanges(size: status.size)
  }

  /// Begins anew: takes what the file is now for what it should stay.
  func restart() throws(SystemError) {
    let tick = clock.inodeTime()
    status = try file.status()
    isRecent = status.changed >= tick
  }

  /// Reads the data of the whole file.
  ///
  /// - Returns: the ranges of the file whose bytes, joined, are in `content`.
  func readAll(into content: inout [UInt8]) throws(SystemError) -> [Range<Int64>] {
    content.removeAll(keepingCapacity: true)
    guard status.size <= mostBytes else { throw SystemError(call: "read", errno: 27, path: "grew while it was read") }
    var ranges: [Range<Int64>] = []
    readSize = status.size
    for range in try dataRanges() {
      let wanted = Int(range.upperBound - range.lowerBound)
      let count = try file.read(at: range.lowerBound, count: wanted, appendingTo: &content)
      if count > 0 { ranges.append(range.lowerBound..<range.lowerBound + Int64(count)) }
      if count < wanted {
        readSize = range.lowerBound + Int64(count)
        break
      }
    }
    try finish(endedEarly: readSize != status.size)
    return ranges
  }

  /// Reads the next bytes of a range.
  ///
  /// - Returns: false if the file ends before `count` bytes.
  func read(at offset: Int64, count: Int, appendingTo content: inout [UInt8]) throws(SystemError) -> Bool {
    try file.read(at: offset, count: count, appendingTo: &content) == count
  }

  /// Ends reading: looks whether the file is still what it was at the beginning.
  ///
  /// - Parameter endedEarly: the file was found shorter than its status said.
  func finish(endedEarly: Bool) throws(SystemError) {
    let now = try file.status()
    changed =
      endedEarly || now.size != status.size || now.modified != status.modified || now.changed != status.changed
  }
}
