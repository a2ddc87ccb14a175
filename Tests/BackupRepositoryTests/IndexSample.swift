import BackupArchive
import BackupModel
import HostSystem
import TestSupport

@testable import BackupRepository

/// Entries for tests of the index.
enum IndexSample {
  /// A file's entry with what a test doesn't care about filled in.
  static func entry(_ path: String, kind: FileKind = .file, size: Int64 = 0, extents: [Extent] = []) -> IndexEntry {
    var entry = IndexEntry(
      path: Array(path.utf8),
      status: FileStatus(
        kind: kind, permissions: kind == .directory ? 0o755 : 0o644, device: 1, inode: 1, links: 1, size: size,
        allocatedBytes: size, owner: 1000, group: 1000, deviceNumber: DeviceNumber(major: 0, minor: 0),
        modified: Timestamp(seconds: 1_795_323_600, nanoseconds: 5), changed: Timestamp(seconds: 1_795_323_601)),
      ownerName: Array("me".utf8), groupName: Array("us".utf8))
    entry.extents = extents
    return entry
  }

  static func chunk(_ number: Int) -> ChunkID { ChunkID(of: Array("chunk \(number)".utf8)) }

  /// A file of many extents, a hole among every eight.
  static func largeFile(_ path: String, extents count: Int) -> IndexEntry {
    let extents = (0..<count).map { Extent(length: Int64(1 + $0 % 1000), chunk: $0 % 8 == 7 ? nil : chunk($0)) }
    return entry(path, size: extents.reduce(0) { $0 + $1.length }, extents: extents)
  }

  static func lines(_ entries: [IndexEntry]) -> [UInt8] {
    var lines: [UInt8] = []
    for entry in entries { IndexLine.append(entry, to: &lines) }
    return lines
  }

  /// An entry with random fields, of a random kind.
  static func random(_ random: inout SeededRandom) -> IndexEntry {
    let kinds: [FileKind] = [.file, .directory, .symbolicLink, .characterDevice, .blockDevice, .fifo, .socket]
    let kind = kinds[random.below(kinds.count)]
    let status = FileStatus(
      kind: kind, permissions: UInt32(random.below(0o10000)), device: 0, inode: random.next() >> 1, links: 1,
      size: 0, allocatedBytes: 0, owner: UInt32(truncatingIfNeeded: random.next()),
      group: UInt32(truncatingIfNeeded: random.next()),
      deviceNumber: kind == .characterDevice || kind == .blockDevice
        ? DeviceNumber(major: UInt32(random.below(4096)), minor: UInt32(random.below(1 << 20)))
        : DeviceNumber(major: 0, minor: 0),
      modified: time(&random), changed: time(&random))
    var entry = IndexEntry(
      path: path(&random), status: status, ownerName: name(&random), groupName: name(&random))
    if kind == .file {
      entry.extents = (0..<random.below(200)).map { number in
        Extent(length: Int64(1 + random.below(64 << 20)), chunk: random.below(4) == 0 ? nil : chunk(number))
      }
      entry.size = entry.extents.reduce(0) { $0 + $1.length }
    }
    if kind == .symbolicLink {
      entry.linkTarget = path(&random)
      entry.size = Int64(entry.linkTarget?.count ?? 0)
    }
    if kind != .directory, random.below(10) == 0 {
      entry.hardLinkTarget = path(&random)
      entry.extents = []
    }
    let names = Set((0..<random.below(4)).map { _ in name(&random) + [0x2E, 0x3A] })
    entry.attributes = names.sorted { $0.lexicographicallyPrecedes($1) }
      .map { ExtendedAttribute(name: $0, value: random.bytes(random.below(40))) }
    entry.changedWhileRead = random.below(5) == 0
    entry.isRecent = random.below(5) == 0
    return entry
  }

  private static func time(_ random: inout SeededRandom) -> Timestamp {
    let seconds = Int64(bitPattern: random.next()) >> Int64(1 + random.below(60))
    return Timestamp(seconds: seconds, nanoseconds: Int32(random.below(1_000_000_000)))
  }

  private static func name(_ random: inout SeededRandom) -> [UInt8] {
    (0..<random.below(6)).map { _ in UInt8(1 + random.below(255)) }
  }

  /// A path as a walk could meet it: any bytes but NUL, components neither empty nor made of dots.
  static func path(_ random: inout SeededRandom) -> PathBytes {
    let components = (0...random.below(4)).map { _ in
      [UInt8(ascii: "p")] + name(&random).map { $0 == 0x2F ? 0x5C : $0 }
    }
    return Array(components.joined(separator: [0x2F]))
  }
}
