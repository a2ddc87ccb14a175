/// The text of a small file by which the kernel tells something, such as one of `/proc`.
///
/// - Returns: nil if there is no such file or it can't be read: then the kernel doesn't tell.
func kernelText(_ path: String) -> String? {
  do throws(SystemError) {
    let bytes = try OpenFile.open(Array(path.utf8), .readOwn).contents(at: 0, count: 64 << 10)
    return String(decoding: bytes, as: UTF8.self)
  } catch {
    return nil
  }
}

/// The bytes of a path as lists of mounts and exports have it: spaces, tabs, newlines and backslashes are a backslash and three octal
/// digits there.
func unescapedKernelText(_ field: ArraySlice<UInt8>) -> PathBytes {
  var bytes: PathBytes = []
  var position = field.startIndex
  while position < field.endIndex {
    let digits = field[position...].dropFirst().prefix(3)
    if field[position] == 0x5C, digits.count == 3, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x37 }) {
      bytes.append(UInt8(truncatingIfNeeded: digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }))
      position += 4
    } else {
      bytes.append(field[position])
      position += 1
    }
  }
  return bytes
}
