import CLinux
import Glibc

extension OpenFile {
  /// Makes a pipe.
  ///
  /// Both ends are closed in programs that are started. Reading comes to its end once all writing ends are closed.
  public static func pipe() throws(SystemError) -> (reading: OpenFile, writing: OpenFile) {
    var ends: [Int32] = [-1, -1]
    guard clinux_pipe(&ends) == 0 else { throw .last("pipe", "a pipe") }
    return (
      reading: OpenFile(descriptor: ends[0], path: "a pipe"), writing: OpenFile(descriptor: ends[1], path: "a pipe")
    )
  }

  /// Waits until something can be read from this pipe or socket, or all who could write have gone.
  ///
  /// - Returns: false if nothing of that happened within the time.
  public func isReadable(within limit: Duration) throws(SystemError) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let milliseconds = Int32(min(max(0, limit / .milliseconds(1)), 3_600_000))
    let result = poll(&request, 1, milliseconds)
    // A signal is as good as the end of the time: whoever waits looks again.
    guard result >= 0 || errno == EINTR else { throw .last("poll", path) }
    return result > 0
  }

  /// Appends what can be read from this pipe now, and waits only if there is nothing.
  ///
  /// - Returns: how many bytes were read; 0 once all who could write have gone; nil if there was nothing and this end
  ///   doesn't wait.
  public func readNext(atMost count: Int, appendingTo buffer: inout [UInt8]) throws(SystemError) -> Int? {
    let start = buffer.count
    buffer += [UInt8](repeating: 0, count: count)
    let result = buffer.withUnsafeMutableBytes { raw in
      uninterrupted { Glibc.read(descriptor, raw.baseAddress.map { $0 + start }, count) }
    }
    let number = errno
    buffer.removeLast(count - max(0, result))
    if result < 0, number == EAGAIN { return nil }
    guard result >= 0 else { throw SystemError(call: "read", errno: number, path: path) }
    return result
  }
}

/// The id of the user as whom this process acts.
public func effectiveUser() -> UInt32 { geteuid() }
