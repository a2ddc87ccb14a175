// Paths in an index: bytes, relative, components joined by `/`, the root being `.`.

/// Appends a path or name with control bytes and backslashes written `\xHH`.
func appendEscaped(_ bytes: ArraySlice<UInt8>, alsoColon: Bool = false, to line: inout [UInt8]) {
  for byte in bytes {
    if byte < 0x20 || byte == 0x5C || byte == 0x7F || (alsoColon && byte == 0x3A) {
      line += [0x5C, 0x78, hexadecimalDigit(byte >> 4), hexadecimalDigit(byte & 15)]
    } else {
      line.append(byte)
    }
  }
}

/// The bytes that an escaped field stands for; nil if an escape is malformed.
func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8]? {
  guard let first = field.firstIndex(of: 0x5C) else { return Array(field) }
  var bytes = Array(field[..<first])
  var position = first
  while position < field.endIndex {
    let byte = field[position]
    if byte != 0x5C {
      bytes.append(byte)
      position += 1
      continue
    }
    guard position + 3 < field.endIndex, field[position + 1] == 0x78,
      let high = digitValue(field[position + 2]), let low = digitValue(field[position + 3])
    else { return nil }
    bytes.append(high << 4 | low)
    position += 4
  }
  return bytes
}

private func hexadecimalDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x61 + value - 10 }

private func digitValue(_ digit: UInt8) -> UInt8? {
  switch digit {
  case 0x30...0x39: digit - 0x30
  case 0x61...0x66: digit - 0x61 + 10
  default: nil
  }
}

/// Orders two paths component by component as bytes: as bytes, with `/` counting as 0 and the root first.
///
/// - Returns: negative if `left` comes first, 0 if they are equal, positive if `right` comes first.
public func comparePaths(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
  let leftIsRoot = isRootPath(left)
  let rightIsRoot = isRootPath(right)
  if leftIsRoot || rightIsRoot { return (leftIsRoot ? 0 : 1) - (rightIsRoot ? 0 : 1) }
  var leftIndex = left.startIndex
  var rightIndex = right.startIndex
  while leftIndex < left.endIndex, rightIndex < right.endIndex {
    let leftByte = left[leftIndex]
    let rightByte = right[rightIndex]
    if leftByte != rightByte {
      return (leftByte == 0x2F ? 0 : Int(leftByte)) - (rightByte == 0x2F ? 0 : Int(rightByte))
    }
    leftIndex += 1
    rightIndex += 1
  }
  return left.count - right.count
}

/// Whether a path is the root of its source, `.`.
public func isRootPath(_ path: ArraySlice<UInt8>) -> Bool { path.count == 1 && path.first == 0x2E }

/// Whether a path that came from a repository can be used: relative, without empty, `.` or `..` components, not too long.
func isSafeIndexPath(_ path: [UInt8]) -> Bool {
  guard !path.isEmpty, path.count <= IndexLimits.pathBytes, !path.contains(0) else { return false }
  if isRootPath(path[...]) { return true }
  return path.split(separator: 0x2F, omittingEmptySubsequences: false).allSatisfy { component in
    !component.isEmpty && !component.elementsEqual([0x2E]) && !component.elementsEqual([0x2E, 0x2E])
  }
}

/// The limits of `docs/format.md`, section 13, that concern indexes.
public enum IndexLimits {
  /// A path.
  public static let pathBytes = 1 << 20
  /// A line.
  public static let lineBytes = 2 << 20
  /// A block.
  public static let blockBytes = 4 << 20
  /// Levels of branch blocks above the leaves.
  public static let levels = 16
}
