import BackupModel
import Foundation
import Testing

@testable import BackupEngine
@testable import BackupRepository

/// Ends the world at every operation of an archive in turn, and looks at what is left.
@Suite struct KilledArchiveTests {
  /// Archives until the `operation`-th operation.
  ///
  /// - Returns: the point if the archive came to its end before.
  private func archive(
    _ scene: ArchiveScene, in directory: URL, until operation: Int, _ ending: FaultyStorage.Ending
  ) throws -> RecoveryPoint? {
    let storage = try FaultyStorage(directory, stopAt: operation, ending: ending)
    do {
      return try scene.archive(storage)
    } catch is WorldStopped {
      try storage.settle()
      return nil
    }
  }

  @Test(.timeLimit(.minutes(20)), arguments: FaultyStorage.Ending.allCases)
  func firstArchiveLeavesNoHalfPointAndTheNextOneSucceeds(ending: FaultyStorage.Ending) throws {
    let scene = try ArchiveScene()
    try scene.fill()
    let expected = try scene.contents()
    let whole = try scene.archive(in: try scene.copyRepository(to: "whole"))
    var operation = 0
    var continued = 0
    while true {
      operation += 1
      let copy = try scene.copyRepository(to: "copy")
      if let point = try archive(scene, in: copy, until: operation, ending) {
        #expect(try scene.contents(of: point.id, in: copy) == expected)
        break
      }
      let listed = try scene.store(in: copy).pointIDs()
      // The name of the point is the last thing to become durable: from then on it is whole.
      for id in listed { #expect(try scene.contents(of: id, in: copy) == expected, "operation \(operation)") }
      let hasCheckpoint = try scene.store(in: copy).latestCheckpoint() != nil
      let next = try scene.archive(in: copy)
      #expect(try scene.contents(of: next.id, in: copy) == expected, "operation \(operation)")
      #expect(next.state == .complete, "operation \(operation): \(next.warnings)")
      if hasCheckpoint {
        continued += 1
        #expect(next.statistics.readBytes < whole.statistics.readBytes, "operation \(operation)")
      }
      #expect(try leftovers(in: copy).isEmpty, "operation \(operation)")
    }
    // Several packs were sealed on the way, so that most endings left something to go on from.
    #expect(continued > operation / 2)
  }

  @Test(.timeLimit(.minutes(20)), arguments: FaultyStorage.Ending.allCases)
  func laterArchiveLeavesOlderPointsWholeAndTheNextOneSucceeds(ending: FaultyStorage.Ending) throws {
    let scene = try ArchiveScene()
    try scene.fill()
    let firstContents = try scene.contents()
    let first = try scene.archive(in: scene.repositoryDirectory)
    try scene.change()
    let secondContents = try scene.contents()
    var operation = 0
    while true {
      operation += 1
      let copy = try scene.copyRepository(to: "copy")
      if let point = try archive(scene, in: copy, until: operation, ending) {
        #expect(try scene.contents(of: point.id, in: copy) == secondContents)
        break
      }
      #expect(try scene.contents(of: first.id, in: copy) == firstContents, "operation \(operation)")
      for id in try scene.store(in: copy).pointIDs() where id != first.id {
        #expect(try scene.contents(of: id, in: copy) == secondContents, "operation \(operation)")
      }
      let next = try scene.archive(in: copy)
      #expect(try scene.contents(of: next.id, in: copy) == secondContents, "operation \(operation)")
      #expect(try scene.contents(of: first.id, in: copy) == firstContents, "operation \(operation)")
      #expect(try leftovers(in: copy).isEmpty, "operation \(operation)")
    }
    #expect(operation > 10)
  }

  /// What an archive that came to its end must not leave.
  private func leftovers(in directory: URL) throws -> [String] {
    try ["points", "packs"].flatMap { try FileManager.default.contentsOfDirectory(atPath: directory.path(to: $0)) }
      .filter { $0.hasSuffix(".part") || $0.hasSuffix(".checkpoint") }
  }

  @Test func secondArchiveOfTheSameSourceIsRefusedNamingTheHolder() throws {
    let scene = try ArchiveScene()
    try scene.fill()
    let store = try scene.store(in: scene.repositoryDirectory)
    let lock = try store.lock(holder: "process 4711 on host, backupctl archive")
    let error = #expect(throws: RepositoryError.self) {
      _ = try scene.archive(in: scene.repositoryDirectory)
    }
    #expect(error?.code == .busy)
    #expect(error?.cause == "held by process 4711 on host, backupctl archive")
    #expect(try store.pointIDs().isEmpty)
    withExtendedLifetime(lock) {}
  }
}

extension URL {
  /// A directory of the scene's source in a repository.
  fileprivate func path(to directory: String) -> String {
    appending(path: "sources/tree/scene/\(directory)").path
  }
}
