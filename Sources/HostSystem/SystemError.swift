public import BackupModel
import Glibc

/// A system call that failed: which, on what, and why.
public struct SystemError: Failure, Hashable {
  /// The name of the call: `openat`, `fsync`.
  public let call: String
  /// The error number.
  public let errno: Int32
  /// What the call was applied to, for people; bytes that aren't UTF-8 are shown as `\xHH`.
  public let path: String

  /// Makes an error of a call, an error number and a path.
  public init(call: String, errno: Int32, path: String) {
    self.call = call
    self.errno = errno
    self.path = path
  }

  /// The error that the last system call of this thread left in `errno`.
  static func last(_ call: String, _ path: @autoclosure () -> String) -> SystemError {
    let number = Glibc.errno
    return SystemError(call: call, errno: number, path: path())
  }

  /// The category: always ``FailureCategory/failed``; callers that know better wrap the error.
  public var category: FailureCategory { .failed }
  /// What failed on what.
  public var message: String { "cannot \(call) \(path): \(reason)" }
  /// The call and the error's name.
  public var cause: String? { "\(call): \(name)" }
  /// Nothing: what helps depends on what the file was for.
  public var hint: String? { nil }

  /// The system's text for the error number, such as `No space left on device`.
  public var reason: String {
    guard let text = strerror(errno) else { return "error \(errno)" }
    return String(cString: text)
  }

  /// The symbolic name where it is one of the common ones, else the number.
  public var name: String { Self.names[errno] ?? "errno \(errno)" }

  private static let names: [Int32: String] = [
    EPERM: "EPERM", ENOENT: "ENOENT", EINTR: "EINTR", EIO: "EIO", ENXIO: "ENXIO", EACCES: "EACCES", EBUSY: "EBUSY",
    EEXIST: "EEXIST", EXDEV: "EXDEV", ENOTDIR: "ENOTDIR", EISDIR: "EISDIR", EINVAL: "EINVAL", EMFILE: "EMFILE",
    EFBIG: "EFBIG", ENOSPC: "ENOSPC", EROFS: "EROFS", EMLINK: "EMLINK", ENAMETOOLONG: "ENAMETOOLONG",
    ENOTEMPTY: "ENOTEMPTY", ELOOP: "ELOOP", ENODATA: "ENODATA", EDQUOT: "EDQUOT", ESTALE: "ESTALE",
    ENOTSUP: "ENOTSUP", ENOSYS: "ENOSYS", EAGAIN: "EAGAIN", ENOMEM: "ENOMEM", ETIMEDOUT: "ETIMEDOUT",
    ENOTTY: "ENOTTY",
  ]
}

extension SystemError {
  /// The thing isn't there.
  public var isMissing: Bool { errno == ENOENT }
  /// The thing exists already.
  public var isExisting: Bool { errno == EEXIST }
  /// The medium or a quota is full.
  public var isFull: Bool { errno == ENOSPC || errno == EDQUOT }
  /// The file system can't be written to.
  public var isReadOnly: Bool { errno == EROFS }
  /// The caller isn't allowed to.
  public var isDenied: Bool { errno == EACCES || errno == EPERM }
  /// Something on the way isn't a directory, or is a symbolic link where none is followed.
  public var isNotDirectory: Bool { errno == ENOTDIR || errno == ELOOP }
  /// The call, or this use of it, isn't supported here.
  public var isUnsupported: Bool { errno == ENOTSUP || errno == ENOSYS || errno == EINVAL || errno == ENOTTY }
  /// A directory isn't empty.
  public var isNotEmpty: Bool { errno == ENOTEMPTY || errno == EEXIST }
}
