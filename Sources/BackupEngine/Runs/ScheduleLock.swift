import BackupModel
public import HostSystem

/// The right to run a schedule on this host, held until the object goes or the process ends.
///
/// Whoever holds it knows that every run of the schedule which the journal still calls running is dead.
public final class ScheduleLock: Sendable {
  private let lock: FileLock

  /// Takes the lock of a schedule in a state directory.
  ///
  /// - Parameter holder: who asks, for whoever finds it held.
  /// - Throws: ``EngineError`` `busy` naming the holder; `refused` if the directory can't be written.
  public init(of schedule: String, in directory: PathBytes, holder: String) throws {
    let file: OpenFile
    let taken: FileLock?
    do throws(SystemError) {
      let opened = try OpenFile.open(directory, .directoryFollowing)
      do throws(SystemError) {
        try opened.makeDirectory(Array("schedules".utf8), permissions: 0o700)
      } catch {
        guard error.isExisting else { throw error }
      }
      file = try opened.open(Array("schedules/\(schedule).lock".utf8), .openOrCreate(permissions: 0o600))
      taken = try FileLock.take(file, holder: holder)
    } catch {
      throw EngineError(
        .refused,
        "cannot run the schedule \(schedule): its lock in \(directory.displayedPath) can't be taken: \(error.reason)",
        cause: error.cause, hint: error.isDenied ? "run it as root, or give a `state-directory` of your own" : nil)
    }
    guard let taken else {
      let other = FileLock.holder(of: file)
      throw EngineError(
        .busy, "cannot run the schedule \(schedule): a run of it is going on",
        cause: other.isEmpty ? "its lock is held" : "held by \(other)",
        hint: "see how far it is with `backupctl runs show \(schedule)`")
    }
    lock = taken
  }
}
