import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// The checks that keep a run from writing under an unmounted disk or into another repository.
enum RepositoryGuards {
  /// Opens a repository after checking that it is where and what it should be.
  static func open(_ declaration: RepositoryDeclaration) throws -> Repository {
    let path = declaration.path
    if declaration.mustBeMounted { try requireMounted(path) }
    let repository = try Repository.open(Array(path.utf8), protectsFiles: declaration.isImmutable)
    if let id = declaration.id, id != repository.description.id {
      throw RepositoryError(
        .wrongID, "cannot use the repository \(path): its id is \(repository.description.id), not \(id)",
        hint: "mount the right disk, or change `repository: id:` in the configuration if this one is meant")
    }
    return repository
  }

  /// A path must lie on a mount other than the root's.
  private static func requireMounted(_ path: String) throws {
    do throws(SystemError) {
      let resolved = try OpenFile.open(Array(path.utf8), .directoryFollowing).resolvedPath()
      guard let mount = try MountTable.current().mount(holding: resolved), mount.mountPoint == [0x2F] else { return }
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
