import CLinux
import Glibc
import Synchronization

// Unsafe code: reading past the page cache needs memory that begins at a page, which arrays don't promise. The memory is owned by
// the reader and freed with it; reads are bounded by its size.

/// Reads a large file or a block device once, without filling the machine's page cache with it.
///
/// Reads directly (`O_DIRECT`) where the file allows it; elsewhere, and from the first direct read that is refused on, through
/// the page cache, whose pages are dropped behind unless they were there before. Threads read one after the other.
public final class DirectReader: Sendable {
  private struct State {
    var isDirect: Bool
    let memory: UnsafeMutableRawPointer
  }

  /// The file.
  public let file: OpenFile
  private let state: Mutex<State>
  private static let page = 4096
  /// Bytes of one direct read.
  private static let mostBytes = 1 << 20

  /// Begins to read a file, whose open descriptor is switched to direct reading until the reader goes.
  public init(_ file: OpenFile) {
    self.file = file
    let isDirect = clinux_set_direct(file.descriptor, 1) == 0
    state = Mutex(State(isDirect: isDirect, memory: .allocate(byteCount: Self.mostBytes, alignment: Self.page)))
  }

  deinit {
    state.withLock { state in
      state.memory.deallocate()
      if state.isDirect { _ = clinux_set_direct(file.descriptor, 0) }
    }
  }

  /// Whether reads pass the page cache.
  public var isDirect: Bool { state.withLock { $0.isDirect } }

  /// Reads up to `count` bytes at an offset and appends them to `buffer`, until the end of the file.
  ///
  /// - Parameter offset: a multiple of 4096, or the read isn't direct.
  /// - Returns: how many bytes were read; less than `count` only at the end of the file.
  public func read(at offset: Int64, count: Int, appendingTo buffer: inout [UInt8]) throws(SystemError) -> Int {
    let result = state.withLock { state -> Result<Int, SystemError> in
      do throws(SystemError) {
        return .success(try read(at: offset, count: count, appendingTo: &buffer, &state))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func read(
    at offset: Int64, count: Int, appendingTo buffer: inout [UInt8], _ state: inout State
  ) throws(SystemError) -> Int {
    var done = 0
    while state.isDirect, done < count, (offset + Int64(done)) % Int64(Self.page) == 0 {
      let wanted = min(count - done, Self.mostBytes)
      // At the end of the file the last piece isn't whole pages; the kernel then gives what there is.
      let asked = (wanted + Self.page - 1) / Self.page * Self.page
      let result = uninterrupted { pread(file.descriptor, state.memory, asked, off_t(offset + Int64(done))) }
      if result < 0, errno == EINVAL {
        state.isDirect = false
        _ = clinux_set_direct(file.descriptor, 0)
        break
      }
      guard result >= 0 else { throw .last("read", file.path) }
      if result == 0 { return done }
      let taken = min(result, wanted)
      buffer.append(contentsOf: UnsafeRawBufferPointer(start: state.memory, count: taken))
      done += taken
    }
    guard done < count else { return done }
    if state.isDirect { _ = clinux_set_direct(file.descriptor, 0) }
    defer { if state.isDirect { _ = clinux_set_direct(file.descriptor, 1) } }
    let start = offset + Int64(done)
    let wasCached = file.isCached(at: start)
    let read = try file.read(at: start, count: count - done, appendingTo: &buffer)
    if !wasCached { file.dropCache(offset: start, length: Int64(count - done)) }
    return done + read
  }
}
