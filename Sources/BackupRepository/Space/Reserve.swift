public import BackupModel
import HostSystem

/// Room on the repository's disk that only what frees room may use: a file `reserve` at the top of the repository.
///
/// What forgets and prunes has to write a little before it can remove anything. On a disk without a free byte it gives the reserve's
/// room up first, and makes it anew when it is done. The file's content means nothing; a crash at any instant leaves a shorter one at worst.
public struct Reserve: Sendable {
  static let path = "reserve"
  private static let mostBytes = ByteCount.mebibytes(128)
  private static let share: Int64 = 64

  private let storage: any RepositoryStorage

  init(_ storage: any RepositoryStorage) { self.storage = storage }

  /// How large it should be on a disk: a 64th of it, 128 MiB at most.
  static func size(onDiskOf total: ByteCount) -> ByteCount { min(mostBytes, ByteCount(total.bytes / share)) }

  /// Makes the reserve as large as it should be, if that leaves as much free again.
  ///
  /// - Returns: how much of it is missing, because the disk is too full; zero if it is whole, or another process is using it.
  /// - Throws: ``RepositoryError`` `writeFailed` if it can't be made for another reason than a full disk.
  @discardableResult public func fill() throws -> ByteCount {
    guard let directory = storage.directory else { return .zero }
    do throws(SystemError) {
      let space = try directory.space()
      let wanted = Self.size(onDiskOf: space.total).bytes
      // Looked at by its name first: a repository that is whole is left alone.
      let present = try Self.bytes(in: directory)
      guard present < wanted else { return .zero }
      guard space.available.bytes >= 2 * (wanted - present) else { return ByteCount(wanted - present) }
      let file = try directory.open(Array(Self.path.utf8), .openOrCreate(permissions: 0o600))
      guard try file.tryLock(exclusive: true) else { return .zero }
      do throws(SystemError) {
        try file.allocate(wanted)
      } catch {
        guard error.isFull else { throw error }
        try file.setSize(present)
        return ByteCount(wanted - present)
      }
      try file.synchronize()
      try directory.synchronize()
      return .zero
    } catch {
      throw RepositoryError.writing(Self.path, error)
    }
  }

  private static func bytes(in directory: OpenFile) throws(SystemError) -> Int64 {
    do throws(SystemError) {
      return try directory.status(of: Array(path.utf8)).size
    } catch {
      guard error.isMissing else { throw error }
      return 0
    }
  }

  /// Gives the room up.
  ///
  /// - Returns: the reserve's file, which keeps others from making it anew as long as it is open; nil if it has no room to give, or
  ///   another process has taken it.
  fileprivate func release() -> OpenFile? {
    // Whoever asks stands before a full disk, and has that error to tell if there is no help.
    guard let directory = storage.directory, let file = try? directory.open(Array(Self.path.utf8), .update) else {
      return nil
    }
    do throws(SystemError) {
      guard try file.tryLock(exclusive: true), try file.status().size > 0 else { return nil }
      try file.setSize(0)
      // On file systems with a journal the room is there only once it is written.
      try file.synchronizeFileSystem()
      return file
    } catch {
      return nil
    }
  }
}

/// The use of a repository's reserve by one piece of work.
final class ReservedRoom {
  private let reserve: Reserve
  private var released: OpenFile?

  init(_ storage: any RepositoryStorage) { reserve = Reserve(storage) }

  /// Gives the reserve's room up, once.
  ///
  /// - Returns: whether there is more room now.
  func release() -> Bool {
    guard released == nil else { return false }
    released = reserve.release()
    return released != nil
  }

  /// Does something that can be done again when it failed; if the disk is full, gives the reserve's room up and does it once more.
  func whenFull<Result>(_ work: () throws -> Result) throws -> Result {
    do {
      return try work()
    } catch let error as RepositoryError where error.isFull {
      guard release() else { throw error }
      return try work()
    }
  }

  /// Makes the reserve anew.
  ///
  /// - Returns: how much of it is missing.
  /// - Throws: as ``Reserve/fill()``.
  func restore() throws -> ByteCount {
    released?.unlock()
    released = nil
    return try reserve.fill()
  }
}

extension Repository {
  /// Room that is kept for what frees room.
  public var reserve: Reserve { Reserve(storage) }
}
