import Foundation
import HostSystem
import Testing

@testable import VolumeSnapshots

/// Real commands in a directory of the test's own.
@Suite final class FreezeHooksTests: Sendable {
  private let directory = FileManager.default.temporaryDirectory.appending(path: "hooks-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: directory) }  // What can't be removed is left to the system.

  private func path(_ name: String) -> String { directory.appending(path: name).path }
  private func isThere(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  private func around(
    freeze: [String]? = nil, thaw: [String]? = nil, limit: Duration = .seconds(60),
    limitPasses: Bool = false,
    _ body: @Sendable () async throws -> Int = { 7 }
  ) async throws -> (result: Int, thawFailure: VolumeError?) {
    let hooks = FreezeHooks(
      freeze: freeze ?? ["touch", path("frozen")], thaw: thaw ?? ["touch", path("thawed")], timeLimit: limit)
    return try await hooks.around(
      tools: HostTools(), sleep: { if !limitPasses { try await TestSleep.forEver($0) } }, body)
  }

  @Test func freezesBeforeAndThawsAfter() async throws {
    let (frozen, thawed) = (path("frozen"), path("thawed"))
    let outcome = try await around {
      #expect(FileManager.default.fileExists(atPath: frozen) && !FileManager.default.fileExists(atPath: thawed))
      return 8
    }
    #expect(outcome.result == 8 && outcome.thawFailure == nil)
    #expect(isThere("thawed"))
  }

  @Test func thawsAndDoesNothingElseWhenFreezingFails() async throws {
    let error = await #expect(throws: VolumeError.self) {
      try await around(freeze: ["ls", path("nothing")]) {
        Issue.record("nothing is frozen")
        return 0
      }
    }
    #expect(error?.code == .hookFailed)
    #expect(error?.message == "cannot freeze the application: ls ended with code 2")
    #expect(error?.cause?.contains("No such file") == true)
    #expect(isThere("thawed"))
  }

  @Test func thawsWhenFreezingTakesTooLong() async throws {
    let error = await #expect(throws: VolumeError.self) {
      try await around(freeze: ["sleep", "1000"], limit: .seconds(2))
    }
    #expect(error?.code == .hookFailed && error?.message.contains("took longer than") == true)
    #expect(isThere("thawed"))
  }

  @Test func thawsWhenTheProgramThatFreezesIsNotInstalled() async throws {
    let error = await #expect(throws: VolumeError.self) { try await around(freeze: ["no-such-program-here"]) }
    #expect(error?.code == .hookFailed && error?.message.contains("not installed") == true)
    #expect(isThere("thawed"))
  }

  @Test func thawsWhenWhatIsDoneMeanwhileFails() async throws {
    struct Failed: Error {}
    await #expect(throws: Failed.self) { try await around { throw Failed() } }
    #expect(isThere("thawed"))
  }

  @Test func tellsThatTheApplicationMayStillBeFrozenWhenThawingFails() async throws {
    let outcome = try await around(thaw: ["false"])
    #expect(outcome.result == 7)
    #expect(
      outcome.thawFailure?.message
        == "cannot thaw the application, which may still be frozen: false ended with code 1")
    #expect(outcome.thawFailure?.hint == "run `false`")
  }

  @Test func tellsBothWhenFreezingAndThawingFail() async throws {
    let error = await #expect(throws: VolumeError.self) { try await around(freeze: ["false"], thaw: ["false"]) }
    #expect(error?.message.hasPrefix("cannot thaw the application, which may still be frozen") == true)
    #expect(error?.cause?.contains("cannot freeze the application") == true)
  }

  @Test func thawsWhenTheTaskIsCancelled() async throws {
    let task = Task {
      try await around {
        withUnsafeCurrentTask { $0?.cancel() }
        try Task.checkCancellation()
        return 0
      }.result
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(isThere("thawed"))
  }

  @Test func thawsAtTheLimitWhileTheRestStillRunsAndRefusesWhatCameOfIt() async throws {
    let thawed = path("thawed")
    let error = await #expect(throws: VolumeError.self) {
      // The limit passes at once; what is done meanwhile ends only after it.
      try await around(limitPasses: true) {
        while !FileManager.default.fileExists(atPath: thawed) { await Task.yield() }
        return 0
      }
    }
    #expect(error?.code == .hookFailed)
    #expect(error?.message.contains("so the application went on") == true)
  }
}
