import BackupModel
import BackupRepository
import Foundation
import HostSystem
import TestSupport
import Testing

@testable import BackupEngine

/// No point is published of an output that isn't known to be whole.
@Suite struct StreamFailureTests {
  private let scene: StreamScene
  private let output: [UInt8]

  init() throws {
    scene = try StreamScene()
    var random = SeededRandom(seed: 7)
    output = random.bytes(900_000)
    try scene.write(output)
  }

  private func failure(_ script: String) async -> EngineError? {
    await #expect(throws: EngineError.self) { try await scene.archive(script) }
  }

  @Test func publishesNothingWhenTheCommandFailsAndTellsItsLastWords() async throws {
    let error = try #require(await failure("cat output; echo first >&2; echo 'connection lost' >&2; exit 3"))
    #expect(error.code == .commandFailed)
    #expect(error.message == "cannot archive stream/s: sh ended with code 3")
    #expect(error.cause == "first | connection lost")
    #expect(try scene.store().pointIDs().isEmpty)
  }

  @Test func publishesNothingWhenTheCommandIsKilled() async throws {
    let error = try #require(await failure("cat output; kill -9 $$"))
    #expect(error.message == "cannot archive stream/s: sh was killed by signal 9")
    #expect(try scene.store().pointIDs().isEmpty)
  }

  @Test func publishesNothingWhenTheCommandDoesNotExist() async throws {
    let archive = StreamArchive(scene.request(try scene.store()), clock: scene.clock)
    let error = await #expect(throws: ChildError.self) {
      try await archive.run(ChildCommand("backupctl-no-such-program"), progress: ArchiveProgress())
    }
    #expect(error?.category == .toolMissing)
    #expect(try scene.store().pointIDs().isEmpty)
  }

  @Test func publishesNothingWhenTheCommandTakesTooLong() async throws {
    var command = scene.command("cat output; sleep 600")
    command.timeLimit = .milliseconds(300)
    let error = await #expect(throws: ChildError.self) {
      try await StreamArchive(scene.request(try scene.store()), clock: scene.clock)
        .run(command, progress: ArchiveProgress())
    }
    #expect(error?.code == .timedOut)
    #expect(try scene.store().pointIDs().isEmpty)
  }

  @Test func storesAgainNothingOfWhatAFailedAttemptStored() async throws {
    _ = await failure("cat output; exit 1")
    let sealed = try scene.store().packBytes()
    #expect(sealed.bytes > 500_000)
    let point = try await scene.archive()
    #expect(try scene.content(point) == output)
    // Only the last slice, which was being read when the command failed: a frame and a chunk at most.
    #expect(point.statistics.newBytes < (64 + 256) << 10)
    #expect(try scene.leftovers().isEmpty)
    #expect(try scene.damage().isEmpty)
    #expect(try scene.tool("python3 repository/rescue.py cat s@\(point.id) dump") == output)
  }

  @Test func leavesOlderPointsAsTheyWere() async throws {
    let first = try await scene.archive()
    try scene.write(Array(output.reversed()))
    _ = await failure("cat output; exit 1")
    #expect(try scene.store().pointIDs() == [first.id])
    #expect(try scene.content(first) == output)
    let second = try await scene.archive()
    #expect(try scene.content(second) == output.reversed())
    #expect(try scene.damage().isEmpty)
  }

  @Test func doesNotStartTheCommandWhenAnotherProcessHoldsTheSource() async throws {
    let lock = try scene.store().lock(holder: "pid 4711 on nas")
    defer { withExtendedLifetime(lock) {} }
    let error = await #expect(throws: RepositoryError.self) { try await scene.archive("touch started; cat output") }
    #expect(error?.code == .busy && error?.cause == "held by pid 4711 on nas")
    #expect(!FileManager.default.fileExists(atPath: scene.directory + "/started"))
  }

  @Test func stopsTheCommandWhenTheTaskIsCancelledAndGoesOnFromWhatWasStored() async throws {
    try makeFIFO("ready", in: scene.directory)
    let scene = scene
    let work = Task { try await scene.archive("cat output; echo $$ > ready; exec sleep 600") }
    let process = try await awaitLine(of: "ready", in: scene.directory)
    work.cancel()
    await #expect(throws: CancellationError.self) { try await work.value }
    #expect(try ToolProcess.run(["kill", "-0", process]).status != 0, "the command is gone")
    #expect(try scene.store().pointIDs().isEmpty)
    let point = try await scene.archive()
    #expect(try scene.content(point) == output)
    #expect(try scene.leftovers().isEmpty)
  }

  @Test func stopsTheCommandWhenItWasCancelledBefore() async throws {
    let scene = scene
    let work = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await scene.archive("touch started; cat output")
    }
    await #expect(throws: CancellationError.self) { try await work.value }
    #expect(try scene.store().pointIDs().isEmpty)
  }

  // MARK: - A repository that fails

  @Test(.timeLimit(.minutes(20)), arguments: FaultyStorage.Ending.allCases)
  func leavesNoHalfPointAtWhateverOperationTheWorldEnds(ending: FaultyStorage.Ending) async throws {
    let output = Array(output.prefix(300_000))
    try scene.write(output)
    let kept = scene.directory + "/kept"
    try FileManager.default.copyItem(atPath: scene.repositoryDirectory, toPath: kept)
    var operation = 0
    while true {
      operation += 1
      try FileManager.default.removeItem(atPath: scene.repositoryDirectory)
      try FileManager.default.copyItem(atPath: kept, toPath: scene.repositoryDirectory)
      let storage = try FaultyStorage(
        URL(fileURLWithPath: scene.repositoryDirectory), stopAt: operation, ending: ending)
      do {
        let point = try await scene.archive(storage: storage)
        #expect(try scene.content(point) == output)
        break
      } catch is WorldStopped {
        try storage.settle()
      }
      let store = try scene.store()
      // The name of the point is the last thing to become durable: from then on it is whole.
      for id in try store.pointIDs() {
        #expect(try scene.content(try store.point(id)) == output, "operation \(operation)")
      }
      let next = try await scene.archive()
      #expect(try scene.content(next) == output, "operation \(operation)")
      #expect(next.state == .complete)
      #expect(try scene.leftovers().isEmpty, "operation \(operation)")
    }
    #expect(operation > 15)
  }
}
