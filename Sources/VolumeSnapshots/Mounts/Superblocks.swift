/// Where each kind of content has its magic number.
struct Superblocks {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// `LUKS\xBA\xBE` at 0 (LUKS On-Disk Format Specification).
  var luks: FileSystemSignature? { has(LUKSHeader.signature, at: 0) ? .luks : nil }

  /// `LABELONE` at the beginning of one of the first four sectors, `LVM2 001` 24 bytes later (lvm2, `lib/label/label.h`).
  var physicalVolume: FileSystemSignature? {
    (0..<4).contains { has("LABELONE", at: $0 * 512) && has("LVM2 001", at: $0 * 512 + 24) } ? .physicalVolume : nil
  }

  /// `XFSB` at 0 (XFS Algorithms and Data Structures, "Superblocks").
  var xfs: FileSystemSignature? { has("XFSB", at: 0) ? .xfs : nil }

  /// The superblock is at 1024; magic 0xEF53 at 56, compatible features at 92, incompatible ones at 96, read-only compatible ones at
  /// 100, little-endian (kernel, `Documentation/filesystems/ext4/super.rst`).
  var ext: FileSystemSignature? {
    guard has([0x53, 0xEF], at: 1024 + 56), let compatible = number(at: 1024 + 92),
      let incompatible = number(at: 1024 + 96), let readOnly = number(at: 1024 + 100)
    else { return nil }
    let hasJournal = compatible & 0x4 != 0
    let needsReplay = incompatible & 0x4 != 0
    // What ext3 knows: file types, recovery, meta block groups; sparse superblocks, large files, directory trees.
    let isOld = incompatible & ~(0x2 | 0x4 | 0x10) == 0 && readOnly & ~(0x1 | 0x2 | 0x4) == 0
    return .ext(generation: isOld ? (hasJournal ? 3 : 2) : 4, needsReplay: needsReplay)
  }

  /// The superblock is at 65536; `_BHRfS_M` at 64 (Btrfs documentation, "On-disk format").
  var btrfs: FileSystemSignature? { has("_BHRfS_M", at: 65_536 + 64) ? .btrfs : nil }

  /// `SWAPSPACE2` or the old `SWAP-SPACE` in the last ten bytes of the first page of 4 to 64 KiB (mkswap(8), `linux/swap.h`).
  var swap: FileSystemSignature? {
    [4096, 8192, 16_384, 32_768, 65_536].contains { has("SWAPSPACE2", at: $0 - 10) || has("SWAP-SPACE", at: $0 - 10) }
      ? .swap : nil
  }

  /// GPT: `EFI PART` in the second sector, of 512 or 4096 bytes (UEFI specification, section 5). MBR: 0x55AA at 510, and four entries of
  /// 16 bytes from 446 on that begin with 0 or 0x80 and of which one has a type, at 4; boot sectors of file systems have code there.
  var partitionTable: FileSystemSignature? {
    if has("EFI PART", at: 512) || has("EFI PART", at: 4096) { return .partitionTable }
    guard has([0x55, 0xAA], at: 510) else { return nil }
    let entries = stride(from: 446, to: 510, by: 16)
    let isTable = entries.allSatisfy { bytes[$0] & 0x7F == 0 } && entries.contains { bytes[$0 + 4] != 0 }
    return isTable ? .partitionTable : nil
  }

  private func has(_ magic: String, at offset: Int) -> Bool { has(Array(magic.utf8), at: offset) }

  private func has(_ magic: [UInt8], at offset: Int) -> Bool {
    offset + magic.count <= bytes.count && bytes[offset..<offset + magic.count].elementsEqual(magic)
  }

  private func number(at offset: Int) -> UInt32? {
    guard offset + 4 <= bytes.count else { return nil }
    return bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
