/// Where a thin device has blocks, as `thin_dump` tells it.
public struct ThinMapping: Sendable {
  /// The device.
  public let thinID: Int
  /// The pool's transaction when it was made.
  public let transaction: Int
  /// The pool's time when it was made: a count of snapshots.
  public let creationTime: Int
  /// How many of its blocks are mapped.
  public let mappedBlocks: Int64
  /// How many of them were mapped at or after its creation.
  ///
  /// Blocks that a snapshot shares with its origin were mapped before the pool's time went on to make it
  /// (`__create_snap` in the kernel's dm-thin-metadata.c adds one to the time, `__insert` writes the time beside each
  /// new mapping): in a snapshot that nobody wrote to there are none.
  public let writtenBlocks: Int64
  /// What is mapped, joined, in order, all of it `changed`.
  let ranges: [BlockMap.Range]

  /// Reads everything that is mapped, up to the volume's size.
  public func map(size: Int64) -> BlockMap { BlockMap(size: size, ranges) }
}

/// Parses the output of `thin_dump` with one device, of either generation.
///
/// The Rust tools may write runs that several devices share once, in `<def>`, and name them in `<ref>`.
struct ThinMappingDocument: ThinDocument {
  private struct Run {
    let begin: Int64
    let length: Int64
    let time: Int64
  }

  private let thinID: Int
  private let chunkSize: Int64
  private var depth = 0
  private var definition: [UInt8]?
  private var definitions: [[UInt8]: [Run]] = [:]
  private var device: ThinDevice?
  private var builder: BlockMapBuilder
  private var mappedBlocks: Int64 = 0
  private var writtenBlocks: Int64 = 0

  init(thinID: Int, chunkSize: Int64) {
    self.thinID = thinID
    self.chunkSize = chunkSize
    builder = BlockMapBuilder(chunkSize: chunkSize)
  }

  mutating func begin(_ tag: ThinXMLReader.Tag) throws {
    switch depth {
    case 0: try ThinSuperblock.check(tag, chunkSize: chunkSize)
    case 1 where tag.isNamed("device"): try beginDevice(tag)
    case 1 where tag.isNamed("def") && device == nil:
      let name = Array(try tag.text("name"))
      guard definitions.updateValue([], forKey: name) == nil else { throw ThinXMLError("a <def> given twice") }
      definition = name
    case 2 where tag.isNamed("single_mapping"):
      try add(Run(begin: try tag.number("origin_block"), length: 1, time: try tag.number("time")))
    case 2 where tag.isNamed("range_mapping"):
      try add(
        Run(
          begin: try tag.number("origin_begin"), length: try tag.number("length"), time: try tag.number("time")))
    case 2 where tag.isNamed("ref") && definition == nil:
      guard let runs = definitions[Array(try tag.text("name"))] else {
        throw ThinXMLError("a <ref> to a <def> that isn't there")
      }
      for run in runs { try add(run) }
    default: throw tag.unexpected
    }
    depth += 1
  }

  mutating func end(_ name: [UInt8]) throws {
    depth -= 1
    if depth == 1 { definition = nil }
  }

  func finish() throws -> ThinMapping {
    guard let device else { throw ThinXMLError("it has no device \(thinID)") }
    guard device.mappedBlocks == mappedBlocks else {
      throw ThinXMLError("it lists \(mappedBlocks) blocks of device \(thinID), which has \(device.mappedBlocks)")
    }
    return ThinMapping(
      thinID: thinID, transaction: device.transaction, creationTime: device.creationTime, mappedBlocks: mappedBlocks,
      writtenBlocks: writtenBlocks, ranges: builder.ranges)
  }

  private mutating func beginDevice(_ tag: ThinXMLReader.Tag) throws {
    let described = try ThinDevice(tag)
    guard device == nil, described.thinID == thinID else { throw ThinXMLError("it has another device than \(thinID)") }
    device = described
  }

  private mutating func add(_ run: Run) throws {
    if let definition {
      definitions[definition, default: []].append(run)
      return
    }
    guard let device else { throw ThinXMLError("a mapping outside of a device") }
    try builder.append(run.begin, length: run.length, .changed)
    mappedBlocks += run.length
    if run.time >= device.creationTime { writtenBlocks += run.length }
  }
}
