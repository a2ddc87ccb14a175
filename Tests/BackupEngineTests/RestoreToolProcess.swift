import Glibc
import HostSystem

// Unsafe code: posix_spawn takes C strings. Foundation's `Process` waits in a run loop, which hangs now and then on the
// threads that tests run on.

/// Runs programs that tests compare with.
enum ToolProcess {
  /// Runs a program found on the path.
  ///
  /// - Returns: its exit status, or 128 and the number of the signal that ended it, and all that it printed.
  static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw SystemError(call: "pipe", errno: errno, path: "") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let reading = OpenFile(descriptor: ends[0], path: "pipe")
    let writing = OpenFile(descriptor: ends[1], path: "pipe")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    var texts: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for text in texts { free(text) } }
    var process: pid_t = 0
    guard let program = texts[0] else { throw SystemError(call: "strdup", errno: ENOMEM, path: "") }
    let result = posix_spawnp(&process, program, &actions, nil, &texts, environ)
    guard result == 0 else { throw SystemError(call: "posix_spawnp", errno: result, path: arguments[0]) }
    try writing.close()
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(reading.descriptor, &buffer, buffer.count)
      if count == 0 { break }
      if count > 0 { output += buffer[..<count] }
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    return (signal == 0 ? status >> 8 & 0xFF : 128 + signal, String(decoding: output, as: UTF8.self))
  }
}
