import HostSystem

/// What a thin device takes of its pool, and by what it is known, as `thin_ls` tells it.
public struct ThinUsage: Hashable, Sendable {
  /// The device.
  public let thinID: Int
  /// How many of its blocks are mapped.
  public let mappedBlocks: Int64
  /// How many of them no other device shares: what its removal would free.
  public let exclusiveBlocks: Int64
  /// The pool's transaction when it was made; lvm2 keeps the same number for the volume.
  public let transaction: Int
  /// The pool's time when it was made: a count of snapshots.
  public let creationTime: Int
  /// Bytes of one of the pool's chunks.
  public let chunkSize: Int64

  /// Describes a device.
  public init(
    thinID: Int, mappedBlocks: Int64, exclusiveBlocks: Int64, transaction: Int, creationTime: Int, chunkSize: Int64
  ) {
    self.thinID = thinID
    self.mappedBlocks = mappedBlocks
    self.exclusiveBlocks = exclusiveBlocks
    self.transaction = transaction
    self.creationTime = creationTime
    self.chunkSize = chunkSize
  }

  /// Bytes that are mapped.
  public var mappedBytes: Int64 { mappedBlocks * chunkSize }
  /// Bytes that removing it would free.
  public var exclusiveBytes: Int64 { exclusiveBlocks * chunkSize }

  /// What `thin_ls` is asked for; both generations know these columns.
  static let columns = "DEV,MAPPED_BLOCKS,EXCLUSIVE_BLOCKS,TRANSACTION,CREATE_TIME"

  /// Parses what `thin_ls --no-headers` prints with ``columns``: a line of right-aligned numbers for each device.
  ///
  /// - Throws: ``ThinXMLError`` for anything else, and for a last line without its end.
  static func parse(_ output: [UInt8], chunkSize: Int64) throws -> [Int: ThinUsage] {
    guard output.isEmpty || output.last == 0x0A else { throw ThinXMLError("it ends in the middle") }
    var devices: [Int: ThinUsage] = [:]
    for line in output.split(separator: 0x0A) {
      let words = line.split(separator: 0x20)
      let numbers = words.compactMap { DecimalDigits.value($0) }.filter { $0 <= 1 << 53 }.map { Int($0) }
      guard numbers.count == 5, words.count == 5, numbers[2] <= numbers[1] else {
        throw ThinXMLError("a line that isn't five numbers: \(Array(line.prefix(100)).displayedPath)")
      }
      let device = ThinUsage(
        thinID: numbers[0], mappedBlocks: Int64(numbers[1]), exclusiveBlocks: Int64(numbers[2]),
        transaction: numbers[3], creationTime: numbers[4], chunkSize: chunkSize)
      guard devices.updateValue(device, forKey: device.thinID) == nil else {
        throw ThinXMLError("device \(device.thinID) is there twice")
      }
    }
    return devices
  }
}
