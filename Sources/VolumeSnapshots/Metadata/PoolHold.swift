import HostSystem

/// The metadata snapshot that stands in a pool, whoever made it.
struct PoolHold: Hashable, Sendable {
  /// The block of the metadata device that is its root.
  let root: Int64

  /// Finds the hold in what `dmsetup status` says of a thin pool.
  ///
  /// The kernel's thin-provisioning document: `<transaction id> <used>/<total metadata> <used>/<total data>
  /// <held metadata root> …`, after start, length and `thin-pool`; a hyphen if there is none. A pool that failed says
  /// just `Fail`.
  /// - Returns: nil if there is none.
  static func parse(_ status: [UInt8], pool: VolumeName) throws -> PoolHold? {
    let words = status.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A }).map { String(decoding: $0, as: UTF8.self) }
    guard words.count >= 4, words[2] == "thin-pool" else { throw unusable(status, pool) }
    guard words[3] != "Fail", words[3] != "Error" else {
      throw VolumeError(
        .poolUnhealthy, "cannot read the metadata of the pool \(pool): the pool has failed",
        cause: Array(status.prefix(300)).displayedPath,
        hint: "see lvmthin(7), \"Metadata check and repair\"")
    }
    guard words.count >= 7, DecimalDigits.value(Array(words[3].utf8)) != nil, words[4].contains("/") else {
      throw unusable(status, pool)
    }
    if words[6] == "-" { return nil }
    guard let root = DecimalDigits.value(Array(words[6].utf8)), root > 0, root < 1 << 40 else {
      throw unusable(status, pool)
    }
    return PoolHold(root: Int64(root))
  }

  private static func unusable(_ status: [UInt8], _ pool: VolumeName) -> VolumeError {
    VolumeError(
      .unusableOutput, "cannot read the metadata of the pool \(pool): what dmsetup says of it can't be understood",
      cause: Array(status.prefix(300)).displayedPath)
  }
}

/// By what a hold that we made is known again after our death.
struct HoldMark: Hashable, Sendable {
  /// The root block that the pool gave to it.
  let root: Int64
  /// What tells the copy of the superblock at that block from any other, in hexadecimal digits.
  let superblock: String

  private static let blockSize: Int64 = 4096

  /// Reads the mark of a hold from the pool's metadata device.
  ///
  /// The root block is a copy of the pool's superblock at the moment of the reserve (struct thin_disk_superblock in the
  /// kernel's dm-thin-metadata.c): up to byte 64 checksum, block number, UUID, time and transaction; at 320 the roots of
  /// the mappings and of the devices, which any change of the pool moves.
  static func read(_ hold: PoolHold, from read: (_ offset: Int64, _ count: Int) throws -> [UInt8]) throws -> HoldMark {
    let block = try read(hold.root * blockSize, Int(blockSize))
    guard block.count == Int(blockSize) else {
      throw VolumeError(
        .unusableOutput, "cannot read the metadata snapshot at block \(hold.root): its device is too short")
    }
    return HoldMark(root: hold.root, superblock: (block[..<64] + block[320..<336]).hexadecimal)
  }

  /// The mark as it is kept in a lease.
  var details: [String: String] { ["root": "\(root)", "superblock": superblock] }

  /// Makes a mark.
  init(root: Int64, superblock: String) {
    self.root = root
    self.superblock = superblock
  }

  /// The mark in a lease's details; nil if it was never noted.
  init?(details: [String: String]) {
    guard let root = details["root"].flatMap({ Int64($0) }), let superblock = details["superblock"] else { return nil }
    self.init(root: root, superblock: superblock)
  }
}

extension Sequence<UInt8> {
  /// Two digits for each byte.
  fileprivate var hexadecimal: String {
    map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
