public import HostSystem

/// What the first bytes of a device say that it holds, by the magic numbers of superblocks.
public enum FileSystemSignature: Hashable, Sendable {
  /// ext2, ext3 or ext4, which one driver mounts; whether its journal has to be replayed first.
  case ext(generation: Int, needsReplay: Bool)
  /// XFS.
  case xfs
  /// Btrfs.
  case btrfs
  /// Swap space.
  case swap
  /// A physical volume of LVM.
  case physicalVolume
  /// Partitions, each with content of its own.
  case partitionTable
  /// LUKS.
  case luks

  /// How much of a device the signatures lie in.
  public static let neededBytes = 65_536 + 4096

  /// The signatures at the beginning of a device or a file.
  ///
  /// - Throws: ``SystemError`` if it can't be read.
  public static func all(in file: OpenFile) throws(SystemError) -> [FileSystemSignature] {
    var bytes: [UInt8] = []
    try file.read(at: 0, count: neededBytes, appendingTo: &bytes)
    return all(in: bytes)
  }

  /// All signatures in the first bytes of a device: none for empty or unknown content, more than one where something left its traces
  /// behind, so that nobody can know by them alone what is there.
  public static func all(in bytes: [UInt8]) -> [FileSystemSignature] {
    let sectors = Superblocks(bytes)
    let found: [FileSystemSignature?] = [
      sectors.luks, sectors.physicalVolume, sectors.xfs, sectors.ext, sectors.btrfs, sectors.swap,
      sectors.partitionTable,
    ]
    return found.compactMap(\.self)
  }
}

extension FileSystemSignature: CustomStringConvertible {
  /// The content, for messages.
  public var description: String {
    switch self {
    case .ext(let generation, _): "ext\(generation)"
    case .xfs: "XFS"
    case .btrfs: "Btrfs"
    case .swap: "swap space"
    case .physicalVolume: "an LVM physical volume"
    case .partitionTable: "a partition table"
    case .luks: "LUKS"
    }
  }
}
