/// A thin device of a pool, as the pool's own metadata describe it.
public struct ThinDevice: Hashable, Sendable {
  /// Its id; ids are reused after removal.
  public let thinID: Int
  /// How many of its blocks are mapped.
  public let mappedBlocks: Int64
  /// The pool's transaction when it was made; lvm2 keeps the same number for the volume.
  public let transaction: Int
  /// The pool's time when it was made: a count of snapshots.
  public let creationTime: Int

  /// Describes a device.
  public init(thinID: Int, mappedBlocks: Int64, transaction: Int, creationTime: Int) {
    self.thinID = thinID
    self.mappedBlocks = mappedBlocks
    self.transaction = transaction
    self.creationTime = creationTime
  }

  /// Reads a `<device>` tag.
  init(_ tag: ThinXMLReader.Tag) throws {
    self.init(
      thinID: Int(try tag.number("dev_id")), mappedBlocks: try tag.number("mapped_blocks"),
      transaction: Int(try tag.number("transaction")), creationTime: Int(try tag.number("creation_time")))
  }
}

/// Parses the output of `thin_dump --skip-mappings`, of either generation.
struct ThinDevicesDocument: ThinDocument {
  private let chunkSize: Int64
  private var depth = 0
  private var devices: [Int: ThinDevice] = [:]

  init(chunkSize: Int64) { self.chunkSize = chunkSize }

  mutating func begin(_ tag: ThinXMLReader.Tag) throws {
    switch depth {
    case 0: try ThinSuperblock.check(tag, chunkSize: chunkSize)
    case 1 where tag.isNamed("device"):
      let device = try ThinDevice(tag)
      guard devices.updateValue(device, forKey: device.thinID) == nil else {
        throw ThinXMLError("device \(device.thinID) is there twice")
      }
    default: throw tag.unexpected
    }
    depth += 1
  }

  mutating func end(_ name: [UInt8]) throws { depth -= 1 }

  func finish() throws -> [Int: ThinDevice] { devices }
}
