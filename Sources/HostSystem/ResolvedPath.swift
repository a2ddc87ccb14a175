import CLinux
import Glibc

extension OpenFile {
  /// The path of this open file as the kernel knows it: absolute, without symbolic links.
  ///
  /// - Throws: ``SystemError`` if `/proc` isn't mounted.
  public func resolvedPath() throws(SystemError) -> PathBytes {
    let root = try OpenFile.open(Array("/proc/self/fd".utf8), .directoryFollowing)
    return try root.linkTarget(of: Array("\(descriptor)".utf8))
  }
}

/// The name of this host.
public func hostName() -> String {
  var name = [CChar](repeating: 0, count: 256)
  // It fails only if the buffer is too short, and host names have at most 64 bytes.
  guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
  return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Lets this process open as many files as the system allows it.
///
/// A walk holds one open directory for each level of depth.
public func raiseOpenFileLimit() {
  var limit = rlimit()
  guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return }
  limit.rlim_cur = limit.rlim_max
  // Only a wish: without it very deep trees fail with a message that names the limit.
  _ = setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
}
