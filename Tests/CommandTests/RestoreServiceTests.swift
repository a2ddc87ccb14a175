import Foundation
import Testing

@testable import BackupCommands

/// Restores of a service: plan, question, work, and back.
@Suite struct RestoreServiceTests {
  private let scene: ServiceScene
  private var runner: CommandRunner { scene.runner }
  private let restore = "20261122T070000Z"

  init() async throws { scene = try await ServiceScene() }

  // MARK: - To a directory

  @Test func restoresEachSourceToADirectoryOfItsName() async throws {
    let target = "\(scene.directory)/out"
    let plan = await runner.run("restore", "immich", "--to", target, "--plan")
    #expect(plan.code == 0 && !FileManager.default.fileExists(atPath: target), "\(plan.messages)")
    let result = await runner.run("restore", "immich", "--to", target, "--verify")
    #expect(result.code == 0, "\(result.messages)")
    #expect(try scene.text("\(target)/nfs/immich/db") == "database")
    #expect(try scene.text("\(target)/ssd/immich/thumbs") == "thumbs")
    try scene.expectLiveUntouched()
  }

  @Test func restoresOneSourceOfItToTheDirectoryItself() async throws {
    let target = "\(scene.directory)/out"
    let result = await runner.run("restore", "immich", "--to", target, "--source", "ssd/immich")
    #expect(result.code == 0, "\(result.messages)")
    #expect(try scene.text("\(target)/thumbs") == "thumbs")
  }

  // MARK: - In place

  @Test func showsAPlanAndChangesNothing() async throws {
    let plan = await runner.run("restore", "immich", "--in-place", "--plan")
    #expect(plan.code == 0 && plan.messages.isEmpty, "\(plan.messages)")
    try GoldenText.expect(scene.plain(plan.output), equals: "restore-in-place-plan")
    let json = await runner.run("restore", "immich", "--in-place", "--plan", "--json")
    try GoldenText.expect(scene.plain(json.output), equals: "json/restore-in-place-plan")
    try scene.expectLiveUntouched()
  }

  @Test func stopsAfterThePlanAndNamesTheCommandWhereNobodyCanBeAsked() async throws {
    let result = await runner.run("restore", "immich", "--in-place", "--path", "upload/2026", "--source", "nfs/immich")
    #expect(result.code == 64)
    #expect(result.output.hasPrefix("restore immich in place: 1 source"))
    try GoldenText.expect(scene.plain(result.messages), equals: "errors/restore-in-place-unasked")
    try scene.expectLiveUntouched()
    // The command that it names does it.
    let hint = try #require(result.messages.firstMatch(of: /type `backupctl (.*)`/)?.1)
    let done = await runner.run(hint.split(separator: " ").map(String.init))
    #expect(done.code == 0, "\(done.messages)")
    #expect(try scene.text("\(scene.immich)/upload/2026/b") == "photo b")
    #expect(try scene.text("\(scene.immich)/db") == "broken", "only the path is exchanged")
  }

  @Test(arguments: [("yes", 0), ("no", 1), (nil, 1)] as [(String?, Int32)])
  func asksOnATerminal(answer: String?, code: Int32) async throws {
    runner.input = CommandInput(isTerminal: true) { answer }
    let result = await runner.run("restore", "immich", "--in-place")
    #expect(result.code == code, "\(result.messages)")
    #expect(result.messages.contains("go ahead? Type yes: "))
    try code == 0 ? scene.expectRestored() : scene.expectLiveUntouched()
  }

  @Test func restoresAllSourcesAndKeepsWhatWasThere() async throws {
    let result = await runner.run("restore", "immich", "--in-place", "--yes")
    #expect(result.code == 0, "\(result.messages)")
    try GoldenText.expect(scene.plain(result.output), equals: "restore-in-place")
    try scene.expectRestored()
    #expect(try scene.text("\(scene.directory)/nfs/.backupctl-restore-\(restore)-1/tree/db") == "broken")
    let list = await runner.run("restore", "list")
    #expect(list.code == 0)
    try GoldenText.expect(
      scene.plain(list.output).replacing(/\ {2,}/, with: "  ").replacing(/[0-9.]+ (B|KiB)  2026/, with: "SIZE  2026"),
      equals: "restore-list")
    try GoldenText.expect(
      scene.plain(await runner.run("restore", "--list", "--json").output), equals: "json/restore-list")
  }

  @Test func takesItBackAndForgets() async throws {
    #expect(await runner.run("restore", "immich", "--in-place", "--yes").code == 0)
    let asked = await runner.run("restore", "--undo")
    #expect(asked.code == 64 && asked.messages.contains("restore --undo \(restore) --yes`"), "\(asked.messages)")
    try scene.expectRestored()
    let undone = await runner.run("restore", "--undo", "--yes")
    #expect(undone.code == 0, "\(undone.messages)")
    try GoldenText.expect(scene.plain(undone.output), equals: "restore-undo")
    #expect(try scene.text("\(scene.immich)/db") == "broken" && scene.text("\(scene.library)/extra") == "later")
    let forgotten = await runner.run("restore", "--forget", restore, "--yes")
    #expect(forgotten.code == 0, "\(forgotten.messages)")
    try scene.expectLiveUntouched()
    #expect(await runner.run("restore", "list").output.isEmpty)
    #expect(await runner.run("restore", "list", "-v").output.contains("removed"))
  }

  @Test func forgetsWhatIsExpiredAndNothingElse() async throws {
    #expect(await runner.run("restore", "immich", "--in-place", "--yes").code == 0)
    let early = await runner.run("restore", "--forget", "expired", "--yes")
    #expect(early.code == 0 && early.messages.contains("no restore keeps anything whose time is over"))
    runner.clock.advance(seconds: 7 * 86_400)
    #expect(await runner.run("restore", "list").output.contains(" expired "))
    #expect(FileManager.default.fileExists(atPath: "\(scene.directory)/nfs/.backupctl-restore-\(restore)-1"))
    #expect(await runner.run("restore", "--forget", "expired", "--yes").code == 0)
    #expect(!FileManager.default.fileExists(atPath: "\(scene.directory)/nfs/.backupctl-restore-\(restore)-1"))
    try scene.expectRestored()
  }

  @Test func neverArchivesWhatItKeeps() async throws {
    #expect(await runner.run("restore", "immich", "--in-place", "--yes").code == 0)
    #expect(await runner.run("archive", "nfs", "ssd").code == 0)
    #expect(await runner.run("archive", "\(scene.directory)/nfs", "--as", "whole").code == 0)
    #expect(await !runner.run("points").output.contains("backupctl-restore"))
    #expect(await !runner.run("ls", "whole").output.contains("backupctl-restore"))
    #expect(await runner.run("coverage").output.contains("backupctl-restore") == false)
  }

  @Test func needsNothingButTheJournalToBeTakenBack() async throws {
    #expect(await runner.run("restore", "immich", "--in-place", "--yes").code == 0)
    for name in try FileManager.default.contentsOfDirectory(atPath: "\(scene.directory)/state")
    where name.hasPrefix("catalog") {
      try FileManager.default.removeItem(atPath: "\(scene.directory)/state/\(name)")
    }
    try FileManager.default.removeItem(atPath: "\(scene.directory)/repository")
    #expect(await runner.run("restore", "--undo", "--yes").code == 0)
    #expect(try scene.text("\(scene.immich)/db") == "broken")
  }

  @Test func tellsTheTimeOfTheNextRestoreByTheLast() async throws {
    #expect(await runner.run("restore", "immich", "--in-place", "--yes").code == 0)
    #expect(await runner.run("restore", "immich", "--in-place", "--plan").output.contains("time      about "))
    #expect(await !runner.run("services", "show", "immich").output.contains("unknown"))
  }

  @Test func restoresASourceThatIsCalledList() async throws {
    try TestTree("\(scene.directory)/other").file("f", "x")
    #expect(await runner.run("archive", "\(scene.directory)/other", "--as", "list").code == 0)
    #expect(await runner.run("restore", "list", "--to", "\(scene.directory)/out").code == 0)
    #expect(try scene.text("\(scene.directory)/out/f") == "x")
  }

  @Test func passesOverANewerPointThatLooksWrong() async throws {
    try FileManager.default.removeItem(atPath: scene.immich)
    _ = try TestTree(scene.immich)
    runner.clock.advance(seconds: 60)
    #expect(await runner.run("archive", "nfs").code == 3)
    let result = await runner.run("restore", "nfs/immich", "--in-place", "--yes")
    #expect(result.code == 0, "\(result.messages)")
    #expect(try scene.text("\(scene.immich)/db") == "database")
  }
}
