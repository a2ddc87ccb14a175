import BackupArchive
import HostSystem
import Synchronization

/// Lets the kernel read the frames that come next while earlier ones are decompressed, and drops from the page cache what wasn't
/// in it before: verifying a repository must not push out of memory what other programs need.
///
/// Works in windows of consecutive chosen frames. Thread-safe.
final class ReadAhead: Sendable {
  private struct Window {
    var offset: Int64
    var length: Int64
    var left: Int
    /// Whether the window was in memory before anybody here read it.
    var wasCached = false
    var isPrefetched = false
  }

  private static let windowBytes: Int64 = 8 << 20
  private let file: OpenFile
  private let windowOfFrame: [Int]
  private let windows: Mutex<[Window]>

  /// Plans the windows.
  ///
  /// - Parameter chosen: the frames that will be read, in this order.
  init(_ file: OpenFile, _ frames: [FrameRecord], chosen: [Int]) {
    self.file = file
    var windows: [Window] = []
    var windowOfFrame: [Int] = []
    for number in chosen {
      let start = Int64(frames[number].offset)
      let end = start + Int64(frames[number].size)
      if let last = windows.last, last.offset + last.length == start, last.length < Self.windowBytes {
        windows[windows.count - 1].length = end - last.offset
        windows[windows.count - 1].left += 1
      } else {
        windows.append(Window(offset: start, length: end - start, left: 1))
      }
      windowOfFrame.append(windows.count - 1)
    }
    self.windowOfFrame = windowOfFrame
    self.windows = Mutex(windows)
  }

  /// Says that the `position`-th chosen frame is about to be read.
  func willRead(_ position: Int) {
    let current = windowOfFrame[position]
    windows.withLock { windows in
      for number in current..<min(current + 2, windows.count) where !windows[number].isPrefetched {
        windows[number].isPrefetched = true
        // The kernel's own read-ahead may have reached the beginning of a window, hardly its middle.
        let middle = windows[number].offset + windows[number].length / 2
        windows[number].wasCached = file.isCached(at: middle)
        if !windows[number].wasCached {
          file.prefetch(offset: windows[number].offset, length: windows[number].length)
        }
      }
    }
  }

  /// Says that the `position`-th chosen frame was read.
  func didRead(_ position: Int) {
    let current = windowOfFrame[position]
    let dropped = windows.withLock { windows -> Window? in
      windows[current].left -= 1
      return windows[current].left == 0 && !windows[current].wasCached ? windows[current] : nil
    }
    if let dropped { file.dropCache(offset: dropped.offset, length: dropped.length) }
  }
}
