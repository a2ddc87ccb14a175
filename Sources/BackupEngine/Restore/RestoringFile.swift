import BackupRepository
import HostSystem
import Synchronization

/// A regular file that is being restored, by one thread or, if its content comes from several frames, by several.
final class RestoringFile: Sendable {
  /// How the file comes into being.
  enum Manner: Sendable, Equatable {
    /// Under its name, which nothing bears yet.
    case new
    /// Under another name that takes the place of what bears its name.
    case beside
    /// By writing the extents with these numbers into the file that is there.
    case inPlace([Int])
    /// Its content is there; only its metadata may differ.
    case kept
  }

  private struct State {
    var manner = Manner.new
    var file: OpenFile?
    var remainingPieces = 0
    var writtenBytes: Int64 = 0
    var failure: RestoreFailure?
  }

  /// The entry in the point.
  let entry: IndexEntry
  /// The directory that it is made in.
  let directory: TargetDirectory
  private let name: PathBytes
  private let state = Mutex(State())

  init(_ entry: IndexEntry, in directory: TargetDirectory, name: PathBytes) {
    self.entry = entry
    self.directory = directory
    self.name = name
  }

  /// The numbers of the extents to write; holes need no writing.
  var extentsToWrite: [Int] {
    switch state.withLock({ $0.manner }) {
    case .new, .beside: entry.extents.indices.filter { entry.extents[$0].chunk != nil }
    case .inPlace(let numbers): numbers
    case .kept: []
    }
  }

  /// Whether its content was there already.
  var isKept: Bool { state.withLock { $0.manner == .kept } }
  /// Whether something bore its name.
  var wasFound: Bool { state.withLock { $0.manner != .new || $0.failure != nil } }
  /// Whether it has failed already, so that further work on it is wasted.
  var hasFailed: Bool { state.withLock { $0.failure != nil } }

  // MARK: - What is there

  /// Looks what bears the file's name in a directory that was there before, and decides how to go on.
  ///
  /// - Parameter overwrite: whether something of another kind may be replaced.
  /// - Returns: how; `kept` needs only ``finishKept(_:)``.
  /// - Throws: ``RestoreFailure`` if something is in the way.
  func examine(_ check: ContentCheck, overwrite: Bool) throws(RestoreFailure) -> Manner {
    let manner = try decide(check, overwrite: overwrite)
    state.withLock { $0.manner = manner }
    return manner
  }

  private func decide(_ check: ContentCheck, overwrite: Bool) throws(RestoreFailure) -> Manner {
    do throws(SystemError) {
      let status = try directory.handle.status(of: name)
      guard status.kind == .file else {
        guard overwrite else { throw SystemError(call: "open", errno: 17, path: name.displayedPath) }
        if status.kind == .directory { try directory.handle.removeDirectory(name) }
        return status.kind == .directory ? .new : .beside
      }
      let file: OpenFile
      do throws(SystemError) {
        file = try directory.handle.open(name, .read)
      } catch {
        // What can't be read can still be replaced.
        if error.isDenied { return .beside }
        throw error
      }
      let differing = try check.differences(of: file, from: entry)
      if differing.isEmpty, status.size == entry.size { return .kept }
      let touchesHole = differing.contains { entry.extents[$0].chunk == nil }
      return status.links == 1 && !touchesHole ? .inPlace(differing) : .beside
    } catch {
      if error.isMissing { return .new }
      throw RestoreFailure(error, inTheWay: true)
    }
  }

  /// Gives the file that was there its metadata.
  func finishKept(_ metadata: MetadataWriter) throws(RestoreFailure) {
    do throws(SystemError) {
      let file = try directory.handle.open(name, .read)
      let changed = try metadata.apply(entry, to: file, replacesAttributes: true)
      metadata.outcome.finished(entry, written: changed ? 0 : nil)
    } catch {
      throw RestoreFailure(error)
    }
  }

  // MARK: - All at once

  /// Writes all pieces and finishes the file.
  ///
  /// - Throws: ``RestoreFailure``; nothing is left of a new file then.
  func restore(
    _ pieces: [(offset: Int64, bytes: ArraySlice<UInt8>)], _ metadata: MetadataWriter
  ) throws(RestoreFailure) {
    state.withLock { $0.remainingPieces = 1 }
    do throws(SystemError) {
      for piece in pieces { try write(piece.bytes, at: piece.offset) }
    } catch {
      fail(RestoreFailure(error))
    }
    try endPieces(1, metadata)
  }

  // MARK: - Piece by piece

  /// Says how many pieces will come.
  func expect(pieces: Int) { state.withLock { $0.remainingPieces = pieces } }

  /// Writes a piece of the content.
  func write(_ bytes: ArraySlice<UInt8>, at offset: Int64) throws(SystemError) {
    let file = try open()
    try file.write(bytes, at: offset)
    state.withLock { $0.writtenBytes += Int64(bytes.count) }
  }

  /// Notes that a piece can't be had or written.
  func fail(_ failure: RestoreFailure) { state.withLock { $0.failure = $0.failure ?? failure } }

  /// Ends some pieces, and the file with the last one.
  ///
  /// - Throws: the first ``RestoreFailure`` of any piece, with the last one; what was begun is removed then.
  func endPieces(_ count: Int, _ metadata: MetadataWriter) throws(RestoreFailure) {
    let isLast = state.withLock { state in
      state.remainingPieces -= count
      return state.remainingPieces == 0
    }
    guard isLast else { return }
    if let failure = state.withLock({ $0.failure }) {
      removeBegun()
      throw failure
    }
    do throws(SystemError) {
      try finish(metadata)
    } catch {
      removeBegun()
      throw RestoreFailure(error)
    }
  }

  private func open() throws(SystemError) -> OpenFile {
    let opened = state.withLock { state -> Result<OpenFile, SystemError> in
      if let file = state.file { return .success(file) }
      do throws(SystemError) {
        let file = try make(state.manner)
        state.file = file
        return .success(file)
      } catch {
        return .failure(error)
      }
    }
    return try opened.get()
  }

  private func make(_ manner: Manner) throws(SystemError) -> OpenFile {
    let file: OpenFile
    switch manner {
    case .new: file = try create(name)
    case .beside:
      let temporary = temporaryName
      do throws(SystemError) {
        file = try create(temporary)
      } catch {
        // Left over from an interrupted restore of this very file.
        guard error.isExisting else { throw error }
        try directory.handle.unlink(temporary)
        file = try create(temporary)
      }
    case .inPlace, .kept:
      file = try directory.handle.open(name, .update)
      try file.setSize(entry.size)
      return file
    }
    if entry.extents.contains(where: { $0.chunk == nil }) { try file.setSize(entry.size) }
    return file
  }

  private func create(_ name: PathBytes) throws(SystemError) -> OpenFile {
    try directory.handle.open(NameInArray(in: name + [0], at: 0), .newFile(permissions: entry.permissions & 0o777))
  }

  private func finish(_ metadata: MetadataWriter) throws(SystemError) {
    let file = try open()
    let (manner, written) = state.withLock { ($0.manner, $0.writtenBytes) }
    do throws(SystemError) {
      try metadata.apply(
        entry, to: file, replacesAttributes: directory.givesAttributes || manner.isOfExistingFile)
    } catch {
      metadata.outcome.incomplete(entry.path, "its metadata can't be restored: \(error.call): \(error.reason)")
    }
    try metadata.durability.finish(file)
    try file.close()
    if manner == .beside { try directory.handle.rename(temporaryName, to: name) }
    state.withLock { $0.file = nil }
    metadata.outcome.finished(entry, written: written)
  }

  /// Removes the file if anything was written: a file with silent gaps must never stay.
  private func removeBegun() {
    let begun = state.withLock { state -> Manner? in
      guard state.file != nil else { return nil }
      state.file = nil
      return state.manner
    }
    guard let begun else { return }
    do throws(SystemError) {
      try directory.handle.unlink(begun == .beside ? temporaryName : name)
    } catch {
      // Gone already, or the directory can't be changed any more: the failed item is reported in any case.
      fail(RestoreFailure(error))
    }
  }

  /// The same in each attempt, so that the next one finds what an interrupted one left.
  private var temporaryName: PathBytes { restoreTemporaryName(of: name) }
}

extension RestoringFile.Manner {
  fileprivate var isOfExistingFile: Bool {
    switch self {
    case .new, .beside: false
    case .inPlace, .kept: true
    }
  }
}

/// The name under which what replaces another name is made; of 64-bit FNV-1a, so that it is never too long.
func restoreTemporaryName(of name: PathBytes) -> PathBytes {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return PathBytes(path: ".backupctl-restore-" + String(hash, radix: 16))
}
