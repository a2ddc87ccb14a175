import BackupModel
import HostSystem

/// The right to hold the metadata of one pool, among all processes of backupctl on this host.
///
/// Held until the object goes or the process ends: it can't go stale. Other programs don't know it.
final class PoolLock: Sendable {
  private let lock: FileLock

  /// Takes the lock of a pool, waiting for whoever has it.
  ///
  /// - Parameters:
  ///   - directory: an existing directory; the file in it is named after the pool's UUID and stays.
  ///   - holder: who asks, for whoever finds it held.
  ///   - attempts: how often to try, at least once.
  ///   - pause: waits between two tries.
  /// - Throws: ``VolumeError`` `busy` naming the holder, `refused` if the directory can't be used; what `pause` throws.
  init(
    of pool: VolumeName, uuid: String, in directory: PathBytes, holder: String, attempts: Int,
    pause: @Sendable () async throws -> Void
  ) async throws {
    // Letters and digits alone, however the UUID was written.
    let name = uuid.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
    var attempt = 1
    while true {
      let file: OpenFile
      let taken: FileLock?
      do throws(SystemError) {
        let opened = try OpenFile.open(directory, .directoryFollowing)
        file = try opened.open(Array("pool-\(name).lock".utf8), .openOrCreate(permissions: 0o600))
        taken = try FileLock.take(file, holder: holder)
      } catch {
        throw VolumeError(
          .refused,
          "cannot read the metadata of the pool \(pool): its lock in \(directory.displayedPath) can't be taken",
          cause: error.description, hint: error.isDenied ? "run it as root" : nil)
      }
      if let taken {
        lock = taken
        return
      }
      guard attempt < attempts else {
        let other = FileLock.holder(of: file)
        throw VolumeError(
          .busy, "cannot read the metadata of the pool \(pool): another process of backupctl reads them",
          cause: other.isEmpty ? "its lock is held" : "held by \(other)")
      }
      attempt += 1
      try await pause()
    }
  }
}
