import BackupRepository
import Foundation
import HostSystem
import Testing

/// What every storage must do; the faulty one as long as it isn't told to fail.
@Suite struct RepositoryStorageTests {
  enum Kind: CaseIterable, Sendable { case file, faulty }

  /// Runs `body` with an empty storage and its directory.
  private func withStorage(_ kind: Kind, _ body: (any RepositoryStorage, URL) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "backupctl-storage-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }  // Else it stays in the temporary directory.
    switch kind {
    case .file: try body(try FileStorage(directory: Array(directory.path.utf8)), directory)
    case .faulty: try body(try FaultyStorage(directory), directory)
    }
  }

  private func write(_ storage: any RepositoryStorage, _ path: String, _ parts: [[UInt8]]) throws {
    let file = try storage.createFile(path)
    for part in parts { try file.write(part) }
    try file.synchronize()
    try file.close()
  }

  @Test(arguments: Kind.allCases) func readsWhatWasWritten(kind: Kind) throws {
    try withStorage(kind) { (storage, _) throws in
      try write(storage, "a", [[1, 2], [], [3]])
      #expect(try storage.read("a", limit: 10) == [1, 2, 3])
      #expect(try storage.open("a").contents(at: 1, count: 5) == [2, 3])
      try write(storage, "empty", [])
      #expect(try storage.read("empty", limit: 0) == [])
    }
  }

  @Test(arguments: Kind.allCases) func readsNothingWhereThereIsNoFile(kind: Kind) throws {
    try withStorage(kind) { (storage, _) throws in
      #expect(try storage.read("a", limit: 10) == nil)
      #expect(try storage.read("no/such/file", limit: 10) == nil)
      #expect(try storage.list("nowhere") == nil)
      #expect(throws: RepositoryError.self) { try storage.open("a") }
    }
  }

  @Test(arguments: Kind.allCases) func refusesAFileAboveTheLimit(kind: Kind) throws {
    try withStorage(kind) { (storage, _) throws in
      try write(storage, "a", [[1, 2, 3]])
      #expect(try storage.read("a", limit: 3) == [1, 2, 3])
      #expect(throws: RepositoryError.self) { try storage.read("a", limit: 2) }
    }
  }

  @Test(arguments: Kind.allCases) func beginsAnUnfinishedFileAnew(kind: Kind) throws {
    try withStorage(kind) { (storage, _) throws in
      try write(storage, "a.part", [[1, 2, 3]])
      try write(storage, "a.part", [[9]])
      #expect(try storage.read("a.part", limit: 10) == [9])
    }
  }

  @Test(arguments: Kind.allCases) func renamesOverAnotherFile(kind: Kind) throws {
    try withStorage(kind) { (storage, _) throws in
      try write(storage, "a", [[1]])
      try write(storage, "a.part", [[2]])
      try storage.rename("a.part", to: "a")
      try storage.synchronizeDirectory("")
      #expect(try storage.read("a", limit: 10) == [2])
      #expect(try storage.list("") == ["a"])
      #expect(throws: RepositoryError.self) { try storage.rename("missing", to: "b") }
    }
  }

  @Test(arguments: Kind.allCases) func makesDirectoriesOnce(kind: Kind) throws {
    try withStorage(kind) { (storage, _) throws in
      try storage.makeDirectories("x/y/z")
      try storage.makeDirectories("x/y/z")
      try write(storage, "x/y/z/file", [[1]])
      try storage.synchronizeDirectory("x/y/z")
      #expect(try storage.list("x/y/z") == ["file"])
      #expect(try storage.list("x") == ["y"])
      #expect(throws: RepositoryError.self) { try storage.createFile("nowhere/file") }
    }
  }

  @Test(arguments: Kind.allCases) func listsNamesSorted(kind: Kind) throws {
    try withStorage(kind) { (storage, _) throws in
      for name in ["b", "a", "c", "B"] { try write(storage, name, []) }
      #expect(try storage.list("") == ["B", "a", "b", "c"])
      try storage.remove("b")
      #expect(try storage.list("") == ["B", "a", "c"])
      #expect(throws: RepositoryError.self) { try storage.remove("b") }
    }
  }

  @Test(arguments: Kind.allCases) func appendsToAFile(kind: Kind) throws {
    try withStorage(kind) { (storage, _) throws in
      try storage.append([1, 2], to: "log")
      try storage.append([3], to: "log")
      #expect(try storage.read("log", limit: 10) == [1, 2, 3])
    }
  }

  @Test(arguments: Kind.allCases) func locksAgainstASecondHolder(kind: Kind) throws {
    try withStorage(kind) { (storage, _) throws in
      let first = try storage.openLock("lock")
      let second = try storage.openLock("lock")
      #expect(try first.tryLock(exclusive: true))
      #expect(try !second.tryLock(exclusive: true))
      try first.close()
      #expect(try second.tryLock(exclusive: true))
    }
  }

  // MARK: - The end of the world

  @Test(arguments: FaultyStorage.Ending.allCases)
  func failsEveryOperationAfterTheEnd(ending: FaultyStorage.Ending) throws {
    try withStorage(.file) { _, directory in
      let storage = try FaultyStorage(directory, stopAt: 2, ending: ending)
      let file = try storage.createFile("a")
      #expect(throws: WorldStopped.self) { try file.write([1, 2, 3, 4]) }
      #expect(throws: WorldStopped.self) { try file.close() }
      #expect(throws: WorldStopped.self) { try storage.read("a", limit: 10) }
      #expect(throws: WorldStopped.self) { try storage.list("") }
      try storage.settle()
      let left = FileManager.default.contents(atPath: directory.appending(path: "a").path)
      #expect(left == (ending == .tornWrite ? Data([1, 2]) : Data()))
    }
  }

  @Test func powerCutLosesWhatWasNotSynchronized() throws {
    try withStorage(.file) { plain, directory in
      try write(plain, "kept", [[1]])
      try write(plain, "target", [[7]])
      let storage = try FaultyStorage(directory, stopAt: 8, ending: .powerCut)
      let file = try storage.createFile("target.part")
      try file.write([1, 2])
      try file.synchronize()
      try file.write([3])
      try storage.rename("target.part", to: "target")
      try storage.remove("kept")
      #expect(try storage.list("") == ["target"])
      try file.write([4])
      #expect(throws: WorldStopped.self) { try storage.synchronizeDirectory("") }
      try storage.settle()
      #expect(try plain.list("") == ["kept", "target", "target.part"])
      #expect(try plain.read("target", limit: 10) == [7])
      #expect(try plain.read("target.part", limit: 10) == [1, 2])
      #expect(try plain.read("kept", limit: 10) == [1])
    }
  }

  @Test func powerCutKeepsNamesOfASynchronizedDirectory() throws {
    try withStorage(.file) { plain, directory in
      let storage = try FaultyStorage(directory, stopAt: 6, ending: .powerCut)
      let file = try storage.createFile("a.part")
      try file.write([1])
      try file.synchronize()
      try storage.rename("a.part", to: "a")
      try storage.synchronizeDirectory("")
      #expect(throws: WorldStopped.self) { try storage.remove("a") }
      try storage.settle()
      #expect(try plain.read("a", limit: 10) == [1])
      #expect(try plain.list("") == ["a"])
    }
  }
}
