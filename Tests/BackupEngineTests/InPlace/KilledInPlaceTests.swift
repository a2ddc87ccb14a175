import BackupModel
import Foundation
import Testing

@testable import BackupEngine

/// Ends the world at every moment of a restore in place in turn, then goes on or takes it back.
@Suite struct KilledInPlaceTests {
  /// Whether what is live is the old state, the new one, or, between two exchanges, each part of it one or the other.
  private func expectWhole(_ scene: InPlaceScene, _ moment: Int) throws {
    let live = try scene.content()
    if scene.kind != .missing { #expect(FileManager.default.fileExists(atPath: scene.live), "moment \(moment)") }
    if scene.kind == .whole || scene.kind == .missing {
      #expect(live == scene.old || live == scene.new, "moment \(moment)")
    }
    for (path, content) in live {
      #expect(
        content == scene.old[path] ?? "?" || content == scene.new[path] ?? "?", "moment \(moment): \(path)")
    }
  }

  @Test(.timeLimit(.minutes(20)), arguments: InPlaceScene.Kind.all)
  func goesOnToTheNewState(kind: InPlaceScene.Kind) async throws {
    for moment in 0... {
      let scene = try InPlaceScene(kind)
      let isWhole = try await scene.begin(until: moment)
      try expectWhole(scene, moment)
      if isWhole {
        #expect(moment > 12)
        #expect(try scene.root() == scene.newRoot)
        break
      }
      // Before the first note nothing had begun.
      guard try scene.record() != nil else {
        #expect(try scene.content() == scene.old && scene.places() == [])
        continue
      }
      #expect(try scene.record()?.isReached == false || scene.content() == scene.new)
      if try scene.record()?.isReached == false { #expect(try await scene.take(nil)) }
      #expect(try scene.content() == scene.new, "moment \(moment)")
      #expect(try scene.root() == scene.newRoot, "moment \(moment)")
      #expect(try scene.record()?.isReached == true)
      #expect(try await scene.take(.undo))
      #expect(try scene.content() == scene.old, "moment \(moment)")
      #expect(try scene.root() == scene.oldRoot, "moment \(moment)")
    }
  }

  @Test(.timeLimit(.minutes(20)), arguments: InPlaceScene.Kind.all)
  func isTakenBackToTheOldState(kind: InPlaceScene.Kind) async throws {
    for moment in 0... {
      let scene = try InPlaceScene(kind)
      let isWhole = try await scene.begin(until: moment)
      guard let record = try scene.record() else { continue }
      let wasLive = record.parts.contains(where: \.wasLive)
      #expect(try await scene.take(.undo))
      #expect(try scene.content() == scene.old, "moment \(moment)")
      // Making a place in a mount point, and removing it again, changes its time.
      if wasLive || scene.kind != .mounted { #expect(try scene.root() == scene.oldRoot, "moment \(moment)") }
      #expect(try scene.record()?.isReached == true)
      // What never was live is no one's but ours; what was may have been written to.
      #expect(try scene.places().isEmpty == !wasLive, "moment \(moment)")
      if try scene.record()?.keepsAnything == true { #expect(try await scene.take(.forget)) }
      #expect(try scene.places() == [] && scene.content() == scene.old)
      if isWhole { break }
    }
  }

  @Test(.timeLimit(.minutes(20)), arguments: InPlaceScene.Kind.all)
  func isTakenBackThoughTheWayBackIsEndedToo(kind: InPlaceScene.Kind) async throws {
    for moment in 0... {
      let scene = try InPlaceScene(kind)
      _ = try await scene.begin()
      #expect(try scene.content() == scene.new)
      let isWhole = try await scene.take(.undo, until: moment)
      try expectWhole(scene, moment)
      if isWhole { break }
      // The wish to go back may not have been noted; then the restore still counts.
      if try scene.record()?.isReached == true {
        #expect(try scene.content() == (scene.record()?.intent == .undo ? scene.old : scene.new))
        continue
      }
      #expect(try await scene.take(nil))
      #expect(try scene.content() == scene.old, "moment \(moment)")
      #expect(try scene.root() == scene.oldRoot, "moment \(moment)")
    }
  }

  @Test(arguments: [nil, RestoreRecord.Intent.undo]) func startsWhatIsNamedAgainFromEachMoment(
    intent: RestoreRecord.Intent?
  ) async throws {
    for moment in 0... {
      let scene = try InPlaceScene(.two)
      let cluster = OneDeployment()
      scene.cluster = cluster
      let isWhole = try await scene.begin(until: moment)
      guard let record = try scene.record() else {
        #expect(cluster.replicas == OneDeployment.wanted)
        continue
      }
      if intent != nil || !record.isReached { #expect(try await scene.take(intent)) }
      #expect(cluster.replicas == OneDeployment.wanted, "moment \(moment)")
      #expect(try scene.content() == (intent == .undo ? scene.old : scene.new), "moment \(moment)")
      if isWhole { break }
    }
  }

  @Test(arguments: InPlaceScene.Kind.all.filter { $0 == .whole || $0.stays })
  func forgettingGoesOnAfterItWasEnded(kind: InPlaceScene.Kind) async throws {
    for moment in 0... {
      let scene = try InPlaceScene(kind)
      _ = try await scene.begin()
      let isWhole = try await scene.take(.forget, until: moment)
      #expect(try scene.content() == scene.new)
      if isWhole { break }
      if try scene.record()?.isReached == false { #expect(try await scene.take(nil)) }
      #expect(try scene.content() == scene.new)
      if try scene.record()?.intent == .forget { #expect(try scene.places() == []) }
    }
  }

  @Test(arguments: InPlaceScene.Kind.all.filter { $0 == .whole || $0.stays })
  func keepsWhatWasWrittenSinceWhenItIsTakenBack(kind: InPlaceScene.Kind) async throws {
    let scene = try InPlaceScene(kind)
    _ = try await scene.begin()
    // A new file, one that was replaced as editors do, one under a name that the restore had moved away, and one removed.
    try scene.world.shell(
      """
      cd source; echo precious > written-since; echo edited > .a; mv .a a; echo again > extra; rm link; chmod 700 .
      """)
    #expect(try await scene.take(.undo))
    #expect(try scene.content() == scene.old && scene.root() == scene.oldRoot)
    let kept = try "\(scene.placesAbove)/\(#require(try scene.places().first))/tree"
    #expect(try scene.world.read("\(kept)/written-since") == "precious\n")
    #expect(try scene.world.read("\(kept)/a") == "edited\n")
    #expect(try scene.world.read("\(kept)/extra") == "again\n")
    #expect(!FileManager.default.fileExists(atPath: "\(kept)/link"))
  }

  @Test func refusesToGoBackWhenSomethingElseIsLiveByNow() async throws {
    let scene = try InPlaceScene(.whole)
    _ = try await scene.begin()
    try scene.world.shell("mv source aside; mkdir source; echo mine > source/a")
    let error = try await #require(throws: EngineError.self) { try await scene.take(.undo) }
    #expect(error.code == .refused && error.message.contains("is neither what was live before nor what was restored"))
    #expect(try scene.world.read(scene.live + "/a") == "mine\n")
  }

  @Test func refusesASecondRestoreOfTheSameTree() async throws {
    let scene = try InPlaceScene(.whole)
    let first = try scene.restore()
    let (_, lock) = try first.begin(try scene.plan())
    let busy = try await #require(throws: EngineError.self) { try await scene.begin() }
    #expect(busy.code == .busy && busy.category == .busy)
    withExtendedLifetime(lock) {}
  }

  @Test func refusesAnotherRestoreWhileOneIsUnfinished() async throws {
    let scene = try InPlaceScene(.whole)
    #expect(try await !scene.begin(until: 4))
    let error = try await #require(throws: EngineError.self) { try await scene.begin() }
    #expect(error.code == .refused && error.hint?.contains("--resume") == true)
    #expect(try scene.content() == scene.old)
  }

  @Test func takesADamagedJournalForAnErrorAndNotForNothing() async throws {
    let scene = try InPlaceScene(.whole)
    _ = try await scene.begin()
    let id = try #require(try scene.record()?.id)
    try scene.world.shell("printf '{' > state/restores/\(id).json")
    let error = try #require(throws: EngineError.self) { try scene.record() }
    #expect(error.message.hasSuffix("it is damaged"))
  }
}
