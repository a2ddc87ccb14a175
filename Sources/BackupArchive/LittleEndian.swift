// Numbers of binary structures: unsigned, little-endian (docs/format.md).

extension [UInt8] {
  mutating func append<Number: FixedWidthInteger & UnsignedInteger>(littleEndian number: Number) {
    for byte in 0..<(Number.bitWidth / 8) { append(UInt8(truncatingIfNeeded: number >> Number(8 * byte))) }
  }
}

extension RandomAccessCollection<UInt8> where Index == Int {
  /// The number at an offset from the beginning of the collection; the caller has checked that it is there.
  func littleEndian<Number: FixedWidthInteger & UnsignedInteger>(at offset: Int, as _: Number.Type) -> Number {
    var number: Number = 0
    for byte in 0..<(Number.bitWidth / 8) {
      number |= Number(truncatingIfNeeded: self[startIndex + offset + byte]) << Number(8 * byte)
    }
    return number
  }
}
