import Foundation
import Testing

@testable import BackupCommands

/// The documents that `--json` prints: their keys and types are kept as golden texts, since scripts rely on them.
@Suite struct RepositoryJSONTests {
  private let scene: RepositoryScene
  private let runner: CommandRunner

  init() async throws {
    scene = try await RepositoryScene()
    runner = scene.runner
  }

  private func expect(
    _ arguments: [String], code: Int32 = 0, golden: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let result = await runner.run(arguments + ["--json"])
    #expect(result.code == code, "\(result.messages)", sourceLocation: sourceLocation)
    try GoldenText.expect(
      try RepositoryJSONShape.text(of: result.bytes), equals: "json/\(golden)", sourceLocation: sourceLocation)
  }

  // MARK: - Documents

  @Test func archivePrintsAListOfPoints() async throws {
    try await expect(["archive", scene.tree.path, "--as", "src"], golden: "archive")
  }

  @Test func archivePrintsWhyAPointIsSuspicious() async throws {
    let empty = try TestTree("\(runner.directory)/empty")
    try await expect(["archive", empty.path, "--as", "src"], code: 3, golden: "archive-suspicious")
  }

  @Test func restorePrintsWhatItDidAndWhatItPlans() async throws {
    let target = "\(runner.directory)/target"
    try await expect(["restore", "src", "--to", target, "--plan"], golden: "restore-plan")
    try await expect(["restore", "src", "--to", target, "--verify"], golden: "restore")
  }

  @Test func checkAndVerifyPrintWhatTheyReadWhenNothingIsWrong() async throws {
    try await expect(["check"], golden: "check")
    try await expect(["verify"], golden: "verify")
  }

  @Test func checkPrintsTheDamage() async throws {
    try FileManager.default.removeItem(atPath: scene.firstPack)
    try await expect(["check"], code: 20, golden: "check-damaged")
  }

  @Test func restoreAndVerifyPrintEachItemThatIsDamaged() async throws {
    let name: [UInt8] = Array("caf".utf8) + [0xE9]
    try scene.tree.file(name, RepositoryScene.noise(9_000, seed: 5))
    #expect(await scene.archive().code == 0)
    let pack = "\(runner.repository)/sources/tree/src/packs/20261122T060000Z-0001.tar.zst"
    let bytes = try Data(contentsOf: URL(fileURLWithPath: pack))
    let place = try #require(bytes.range(of: Data(RepositoryScene.noise(9_000, seed: 5)[100..<200])))
    try RepositoryScene.damage(pack, at: place.lowerBound..<place.upperBound)
    try await expect(
      ["restore", "src", "--to", "\(runner.directory)/target"], code: 20, golden: "restore-damaged")
    try await expect(["verify"], code: 20, golden: "verify-damaged")
    let verify = await runner.run("verify", "--json")
    #expect(verify.code == 20 && verify.output.contains(#""pathBytes" : "Y2Fm6Q==""#), "\(verify.output)")
  }

  @Test func runPrintsJobsAndTasks() async throws {
    let path = "\(runner.directory)/weekly.yaml"
    try Data(
      """
      trees: [{name: src, path: \(scene.tree.path)}, {name: gone, path: \(runner.directory)/gone}]
      jobs:
        keep: {kind: archive, trees: [src, gone]}
        look: {kind: verify, of: keep}
        back: {kind: drill, of: keep}
        never: {kind: verify, of: look, when: failure}
      """.utf8
    ).write(to: URL(fileURLWithPath: path))
    try await expect(["run", path, "--scratch", runner.directory], code: 1, golden: "run")
  }
}
