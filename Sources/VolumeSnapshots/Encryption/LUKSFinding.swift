public import HostSystem

/// Whether a volume is encrypted with LUKS, by what its first bytes say.
///
/// A header that is kept on another device (`cryptsetup --header`) leaves no trace on the volume: it looks like any other content.
public enum LUKSFinding: Hashable, Sendable {
  /// Nothing of LUKS at the beginning.
  case none
  /// A LUKS header.
  case header(LUKSHeader)
  /// The signature of LUKS, but a header that can't be understood; the reason is a clause. `cryptsetup luksDump` says more, and for LUKS2
  /// `cryptsetup repair` may bring back the header from its second copy.
  case damaged(String)
  /// No signature at the beginning, but that of LUKS2's second header at this offset in bytes: the first one was overwritten, by accident or
  /// because the volume was given other content. A file system's signature beside it speaks for the latter.
  case secondHeaderOnly(offset: Int64)

  /// Looks at the beginning of a device or a file.
  ///
  /// Reads at most 4 MiB for a LUKS2 header of the largest size, a few KiB otherwise.
  /// - Throws: ``SystemError`` if it can't be read.
  public static func find(in file: OpenFile) throws -> LUKSFinding {
    try find { offset, count in try Self.read(file, offset, count) }
  }

  /// Looks at the beginning of a volume that is read by a function.
  ///
  /// - Parameter read: returns the bytes from an offset on, at most `count`, fewer only where the volume ends.
  /// - Throws: what `read` throws.
  public static func find(read: (_ offset: Int64, _ count: Int) throws -> [UInt8]) throws -> LUKSFinding {
    let beginning = try read(0, LUKSHeader.binarySize)
    guard beginning.starts(with: LUKSHeader.signature) else {
      let offset = try secondHeader(read)
      return offset.map { .secondHeaderOnly(offset: $0) } ?? .none
    }
    do {
      let size = try LUKSHeader.size(beginning: beginning)
      let bytes = size == beginning.count ? beginning : try read(0, size)
      return .header(try LUKSHeader(parsing: bytes))
    } catch let damage as LUKSHeader.Damage {
      let hasSecond = try secondHeader(read) != nil
      return .damaged(damage.reason + (hasSecond ? "; its second header is still there" : ""))
    }
  }

  /// The second header follows the first one, whose size is one of nine.
  private static func secondHeader(_ read: (Int64, Int) throws -> [UInt8]) rethrows -> Int64? {
    for size in LUKSHeader.sizes {
      let signature = try read(Int64(size), LUKSHeader.secondSignature.count)
      if signature == LUKSHeader.secondSignature { return Int64(size) }
    }
    return nil
  }

  private static func read(_ file: OpenFile, _ offset: Int64, _ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try file.read(at: offset, count: count, appendingTo: &bytes)
    return bytes
  }
}
