import HostSystem

/// What the blocks of an image are read from.
protocol BlockReading: Sendable {
  /// What is read, for messages.
  var path: String { get }
  /// Its length in bytes.
  func length() throws(SystemError) -> Int64
  /// Reads up to `count` bytes at an offset and appends them to `buffer`, until the end.
  ///
  /// - Returns: how many bytes were read; less than `count` only at the end.
  func read(at offset: Int64, count: Int, appendingTo buffer: inout [UInt8]) throws(SystemError) -> Int
}

/// A block device, or a file that stands for one.
struct DeviceBlocks: BlockReading {
  private let reader: DirectReader

  init(_ device: OpenFile) { reader = DirectReader(device) }

  var path: String { reader.file.path }
  func length() throws(SystemError) -> Int64 { try reader.file.length() }
  func read(at offset: Int64, count: Int, appendingTo buffer: inout [UInt8]) throws(SystemError) -> Int {
    try reader.read(at: offset, count: count, appendingTo: &buffer)
  }
}
