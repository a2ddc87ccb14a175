import CLinux
import Glibc
import Synchronization

/// An open file or directory, closed when the last reference goes.
///
/// A file that was written is closed by ``close()``, whose error counts; for one that was only read the error of
/// closing says nothing and is ignored.
public final class OpenFile: Sendable {
  /// The file descriptor; valid as long as this object is and hasn't been closed.
  public let descriptor: Int32
  /// What was opened, for messages.
  public let path: String
  private let isClosed = Atomic<Bool>(false)

  /// Takes over an open descriptor.
  public init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit {
    if !isClosed.load(ordering: .relaxed) { Glibc.close(descriptor) }
  }

  /// Closes the file now.
  ///
  /// - Throws: ``SystemError`` if the system reports a late write error.
  public func close() throws(SystemError) {
    guard !isClosed.exchange(true, ordering: .relaxed) else { return }
    guard Glibc.close(descriptor) == 0 else { throw .last("close", path) }
  }
}

/// What a file is opened for.
public struct OpenMode: Sendable {
  let flags: Int32
  let permissions: mode_t

  /// Read; symbolic links at the end of the path aren't followed, a FIFO or device doesn't block, the access time is left alone.
  public static let read = OpenMode(
    flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | clinux_O_NOATIME | O_CLOEXEC, permissions: 0)
  /// Read a file of ours.
  public static let readOwn = OpenMode(flags: O_RDONLY | O_CLOEXEC, permissions: 0)
  /// A directory, not through a symbolic link.
  public static let directory = OpenMode(flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, permissions: 0)
  /// A directory, through symbolic links.
  public static let directoryFollowing = OpenMode(flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC, permissions: 0)
  /// Only a reference, good for `fstatat`, xattrs by `/proc/self/fd` and the like.
  public static let reference = OpenMode(flags: clinux_O_PATH | O_NOFOLLOW | O_CLOEXEC, permissions: 0)
  /// A new file for writing and reading; it is an error if the name exists.
  public static func newFile(permissions: UInt32) -> OpenMode {
    OpenMode(flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, permissions: permissions)
  }
  /// An existing file for writing and reading.
  public static let update = OpenMode(flags: O_RDWR | O_NOFOLLOW | O_CLOEXEC, permissions: 0)
  /// A device of ours for writing and reading, through symbolic links: udev's names of devices are such.
  public static let updateDevice = OpenMode(flags: O_RDWR | O_CLOEXEC, permissions: 0)
  /// A file to append to, made if it isn't there.
  public static func append(permissions: UInt32) -> OpenMode {
    OpenMode(flags: O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, permissions: permissions)
  }
  /// A file for reading and writing, made if it isn't there, kept as it is otherwise.
  public static func openOrCreate(permissions: UInt32) -> OpenMode {
    OpenMode(flags: O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, permissions: permissions)
  }

  /// The same without `O_NOATIME`, which only a file's owner and root may use.
  var withoutNoAtime: OpenMode { OpenMode(flags: flags & ~clinux_O_NOATIME, permissions: permissions) }
  var asksNoAtime: Bool { flags & clinux_O_NOATIME == clinux_O_NOATIME }
}
