import Glibc

// The OpenFile+… files are the boundary to the kernel and hold unsafe code for that reason only. Each call passes pointers that are
// valid for its duration only (`withUnsafe…`), and lengths of the very buffers they point into. Names passed as
// part of a larger array are guarded to be ended by a NUL within it.

/// Repeats a call that a signal interrupted.
func uninterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}

/// Runs `body` with a C string of `bytes`.
func withCString<Result>(_ bytes: PathBytes, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { buffer in
    for (position, byte) in bytes.enumerated() { buffer[position] = CChar(bitPattern: byte) }
    buffer[bytes.count] = 0
    guard let base = buffer.baseAddress else { preconditionFailure("a buffer of at least one byte has an address") }
    return body(UnsafePointer(base))
  }
}

/// A name ended by a NUL inside a larger array of bytes, so that many names can share one allocation.
public struct NameInArray {
  let bytes: [UInt8]
  let offset: Int

  /// The name that begins at `offset`.
  ///
  /// `bytes` must end with a NUL (checked), so the name ends within it.
  public init(in bytes: [UInt8], at offset: Int) {
    precondition(offset < bytes.count && bytes.last == 0, "names in an array end with a NUL")
    self.bytes = bytes
    self.offset = offset
  }

  func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    bytes.withUnsafeBytes { raw in
      guard let base = raw.baseAddress else { preconditionFailure("the array isn't empty") }
      return body((base + offset).assumingMemoryBound(to: CChar.self))
    }
  }

  var displayed: String { Array(bytes[offset...].prefix { $0 != 0 }).displayedPath }
}
