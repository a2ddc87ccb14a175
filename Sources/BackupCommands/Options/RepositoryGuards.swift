import BackupModel
import BackupRepository
import HostSystem

/// The checks that keep a run from writing under an unmounted disk or into another repository.
enum RepositoryGuards {
  /// Opens a repository after checking that it is where and what it should be.
  static func open(path: String, id: String?, mustBeMounted: Bool) throws -> Repository {
    if mustBeMounted { try requireMounted(path) }
    let repository = try Repository.open(Array(path.utf8))
    if let id, id != repository.description.id {
      throw RepositoryError(
        .wrongID, "cannot use the repository \(path): its id is \(repository.description.id), not \(id)",
        hint: "mount the right disk, or change `repository: id:` in the configuration if this one is meant")
    }
    return repository
  }

  /// A path is on a mounted file system of its own if its device isn't the root directory's.
  private static func requireMounted(_ path: String) throws {
    do throws(SystemError) {
      let device = try OpenFile.open(Array(path.utf8), .directoryFollowing).status().device
      let root = try OpenFile.open([0x2F], .directoryFollowing).status().device
      guard device == root else { return }
    } catch {
      throw RepositoryError(
        .missing, "cannot open the repository \(path): \(error.reason)", cause: error.cause,
        hint: "check that the backup disk is mounted: `findmnt --target \(path)`")
    }
    throw RepositoryError(
      .notMounted, "cannot use the repository \(path): no file system is mounted there",
      cause: "the directory is on the root file system", hint: "mount the backup disk, then run the same command again")
  }
}
