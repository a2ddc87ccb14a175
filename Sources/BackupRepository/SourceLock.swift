import BackupModel
import HostSystem

/// The right to write to a source's store, held until the object goes or the process ends.
public final class SourceLock: Sendable {
  private let lock: FileLock

  /// Takes the lock.
  ///
  /// - Parameters:
  ///   - purpose: what it is taken for, with the source, as in `cannot <purpose>`.
  ///   - holder: what to write into the lock file, for whoever finds it held.
  /// - Throws: ``RepositoryError`` `busy` naming the holder; `writeFailed`.
  init(storage: any RepositoryStorage, path: String, purpose: String, holder: String) throws {
    let file = try storage.openLock(path)
    let taken: FileLock?
    do throws(SystemError) {
      taken = try FileLock.take(file, holder: holder)
    } catch {
      throw RepositoryError.writing(path, error)
    }
    guard let taken else {
      let other = FileLock.holder(of: file)
      throw RepositoryError(
        .busy, "cannot \(purpose): another process holds it",
        cause: other.isEmpty ? "the lock is held" : "held by \(other)",
        hint: "wait for it to end, or look at it with `ps`; the lock goes with its process")
    }
    lock = taken
  }
}
