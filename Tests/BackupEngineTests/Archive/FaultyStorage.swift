import BackupArchive
import BackupRepository
import Foundation
import HostSystem
import Synchronization

/// The world has stopped: the process was killed, or the power is gone.
struct WorldStopped: Error {}

/// A storage over a real directory that stops the world at its n-th changing operation.
///
/// From then on every operation fails. ``settle(_:)`` then leaves in the directory what the disk would hold: with a
/// killed process all that was written, after a power cut only what was synchronized.
final class FaultyStorage: RepositoryStorage {
  /// What ends the world.
  enum Ending: CaseIterable, Sendable {
    /// The process dies: what was written is in the kernel's hands.
    case kill
    /// The process dies in the middle of a write.
    case tornWrite
    /// The power is cut: contents and names that weren't synchronized are lost.
    case powerCut
  }

  private struct FileState {
    var path: String
    var written = 0
    var synchronized = 0
  }

  /// A change of a directory that isn't durable yet.
  private enum NameChange {
    case renamed(from: String, to: String, replaced: Data?)
    case removed(String, content: Data)
  }

  private struct State {
    var operations = 0
    var isStopped = false
    var files: [Int: FileState] = [:]
    var nextFile = 0
    var changes: [(directory: String, change: NameChange)] = []
  }

  private let base: FileStorage
  private let root: URL
  private let stopAt: Int
  private let ending: Ending
  private let state = Mutex(State())

  /// Wraps a directory; the `stopAt`-th changing operation, counted from 1, doesn't take place.
  init(_ root: URL, stopAt: Int = .max, ending: Ending = .kill) throws {
    self.root = root
    self.stopAt = stopAt
    self.ending = ending
    base = try FileStorage(directory: Array(root.path.utf8))
  }

  /// How many changing operations were asked for.
  var operations: Int { state.withLock { $0.operations } }
  /// Whether the world was stopped.
  var isStopped: Bool { state.withLock { $0.isStopped } }

  private func checkRunning() throws {
    if isStopped { throw WorldStopped() }
  }

  /// Counts a changing operation.
  ///
  /// - Parameter torn: what still happens of it if the world ends in the middle.
  private func beginChange(torn: () throws -> Void = {}) throws {
    let stopsNow = try state.withLock { state -> Bool in
      if state.isStopped { throw WorldStopped() }
      state.operations += 1
      state.isStopped = state.operations == stopAt
      return state.isStopped
    }
    guard stopsNow else { return }
    if ending == .tornWrite { try torn() }
    throw WorldStopped()
  }

  private func url(_ path: String) -> URL { root.appending(path: path) }

  // MARK: - RepositoryStorage

  var location: String { base.location }
  var directory: OpenFile? { base.directory }
  var protectsFiles: Bool { base.protectsFiles }

  func protect(_ path: String, _ protection: FileProtection) throws {
    try checkRunning()
    try base.protect(path, protection)
  }

  func makeDirectories(_ path: String) throws {
    try beginChange()
    try base.makeDirectories(path)
  }

  func createFile(_ path: String) throws -> any StorageFile {
    try beginChange()
    let file = try base.createFile(path)
    let number = state.withLock { state in
      state.nextFile += 1
      state.files[state.nextFile] = FileState(path: path)
      return state.nextFile
    }
    return FaultyFile(storage: self, file: file, number: number)
  }

  func rename(_ from: String, to target: String) throws {
    try beginChange()
    let replaced = FileManager.default.contents(atPath: url(target).path)
    try base.rename(from, to: target)
    state.withLock { state in
      for (number, file) in state.files where file.path == from { state.files[number]?.path = target }
      state.changes.append((parent(target), .renamed(from: from, to: target, replaced: replaced)))
    }
  }

  func remove(_ path: String) throws {
    try beginChange()
    let content = FileManager.default.contents(atPath: url(path).path)
    try base.remove(path)
    state.withLock { state in
      state.files = state.files.filter { $0.value.path != path }
      if let content { state.changes.append((parent(path), .removed(path, content: content))) }
    }
  }

  func synchronizeDirectory(_ path: String) throws {
    try beginChange()
    state.withLock { state in state.changes.removeAll { $0.directory == path } }
  }

  func append(_ bytes: [UInt8], to path: String) throws {
    try beginChange { try base.append(Array(bytes.prefix(bytes.count / 2)), to: path) }
    try base.append(bytes, to: path)
  }

  func list(_ path: String) throws -> [String]? {
    try checkRunning()
    return try base.list(path)
  }

  func read(_ path: String, limit: Int) throws -> [UInt8]? {
    try checkRunning()
    return try base.read(path, limit: limit)
  }

  func open(_ path: String) throws -> OpenFile {
    try checkRunning()
    return try base.open(path)
  }

  func openLock(_ path: String) throws -> OpenFile {
    try checkRunning()
    return try base.openLock(path)
  }

  // MARK: - The end of the world

  fileprivate func write(_ bytes: [UInt8], to file: any StorageFile, number: Int) throws {
    try beginChange { try file.write(Array(bytes.prefix(bytes.count / 2))) }
    try file.write(bytes)
    state.withLock { $0.files[number]?.written += bytes.count }
  }

  fileprivate func synchronize(_ number: Int) throws {
    try beginChange()
    state.withLock { state in
      let written = state.files[number]?.written ?? 0
      state.files[number]?.synchronized = written
    }
  }

  fileprivate func close(_ file: any StorageFile) throws {
    try beginChange()
    try file.close()
  }

  /// Leaves what the disk holds after the end: undoes what a power cut loses.
  func settle() throws {
    guard ending == .powerCut else { return }
    let (files, changes) = state.withLock { ($0.files, $0.changes) }
    for file in files.values where file.synchronized < file.written {
      let handle = try FileHandle(forWritingTo: url(file.path))
      try handle.truncate(atOffset: UInt64(file.synchronized))
      try handle.close()
    }
    for (_, change) in changes.reversed() {
      switch change {
      case .renamed(let from, let to, let replaced):
        try FileManager.default.moveItem(at: url(to), to: url(from))
        try replaced?.write(to: url(to))
      case .removed(let path, let content): try content.write(to: url(path))
      }
    }
  }

  private func parent(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }
}

/// A file of a ``FaultyStorage``.
private final class FaultyFile: StorageFile {
  private let storage: FaultyStorage
  private let file: any StorageFile
  private let number: Int

  init(storage: FaultyStorage, file: any StorageFile, number: Int) {
    self.storage = storage
    self.file = file
    self.number = number
  }

  func write(_ bytes: [UInt8]) throws { try storage.write(bytes, to: file, number: number) }
  func synchronize() throws { try storage.synchronize(number) }
  func close() throws { try storage.close(file) }
}
