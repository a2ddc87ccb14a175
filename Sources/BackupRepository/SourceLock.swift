import BackupModel
import HostSystem

/// The right to write to a source's store, held until the object goes or the process ends.
public final class SourceLock: Sendable {
  private let file: OpenFile

  /// Takes the lock.
  ///
  /// - Parameter holder: what to write into the lock file, for whoever finds it held.
  /// - Throws: ``RepositoryError`` `busy` naming the holder; `writeFailed`.
  init(storage: any RepositoryStorage, path: String, source: String, holder: String) throws {
    file = try storage.openLock(path)
    do throws(SystemError) {
      guard try file.tryLock(exclusive: true) else {
        let text = String(decoding: (try file.contents(at: 0, count: 500)), as: UTF8.self)
        throw SystemError(call: "flock", errno: 11, path: text.prefixLine)
      }
      try file.setSize(0)
      try file.write(Array((holder + "\n").utf8)[...], at: 0)
    } catch {
      if error.call == "flock", error.errno == 11 {
        throw RepositoryError(
          .busy, "cannot archive \(source): another process holds it",
          cause: error.path.isEmpty ? "the lock is held" : "held by \(error.path)",
          hint: "wait for it to end, or look at it with `ps`; the lock goes with its process")
      }
      throw RepositoryError.writing(path, error)
    }
  }
}
