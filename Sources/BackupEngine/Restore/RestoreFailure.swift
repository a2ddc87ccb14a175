import BackupModel
import BackupRepository
import HostSystem

/// Why one entry can't be restored.
struct RestoreFailure: Error {
  /// For people.
  let reason: String
  /// Whether stored data is at fault, not the target.
  let isDamage: Bool
  /// The system call that failed in the target, if one did.
  let error: SystemError?

  /// A failure in the target.
  ///
  /// - Parameter inTheWay: it concerns what bears the entry's name already.
  init(_ error: SystemError, inTheWay: Bool = false) {
    self.error = error
    isDamage = false
    if inTheWay, error.isNotEmpty {
      reason =
        error.call == "rmdir"
        ? "a directory that isn't empty is in its place" : "something of another kind is in its place"
    } else {
      reason = "\(error.call): \(error.reason)"
    }
  }

  /// A failure to read stored data.
  init(stored error: any Error) {
    if let error = error as? RepositoryError {
      reason = error.description
    } else {
      reason = "\(error)"
    }
    isDamage = true
    self.error = nil
  }

  /// Another failure.
  init(reason: String, isDamage: Bool = false) {
    self.reason = reason
    self.isDamage = isDamage
    error = nil
  }

  /// Whether going on makes no sense: the target is full or can't be written to any more.
  var endsRestore: Bool { error.map { $0.isFull || $0.isReadOnly } ?? false }
}
