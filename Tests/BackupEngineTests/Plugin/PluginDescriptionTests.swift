import BackupModel
import BackupPolicy
import Foundation
import HostSystem
import Testing

@testable import BackupEngine

/// What is refused before anything of a schedule starts.
@Suite struct PluginDescriptionTests {
  private let scene: ScheduleScene

  init() throws { scene = try ScheduleScene() }

  @Test func refusesAnUnknownKeyNamingTheNearestOne() async throws {
    try scene.plugin()
    let error = await #expect(throws: PolicyError.self) {
      try await scene.prepare("  a:\n    kind: test\n    nams: [x]")
    }
    #expect(
      error?.message
        == "cannot read s.yaml:5: unknown key `nams` in job `a` of kind `test`; did you mean `names`?")
    #expect(error?.hint?.contains("`level`, `names`") == true)
  }

  @Test func refusesAnUnknownKindNamingTheNearestPlugin() async throws {
    try scene.plugin(kind: "postgres-dump")
    let error = await #expect(throws: PolicyError.self) { try await scene.prepare("  a: {kind: postgres-dmp}") }
    #expect(error?.message.hasSuffix("has the unknown kind `postgres-dmp`; did you mean `postgres-dump`?") == true)
  }

  @Test(arguments: [
    ("dict(protocol=2, keys=[])", "it speaks version 2 of the protocol; this is for version 1"),
    ("dict(keys=[])", "what it says is not a description as the protocol has it"),
    ("dict(protocol=1, keys='a')", "what it says is not a description as the protocol has it"),
    ("[]", "what it says is not a description as the protocol has it"),
    ("dict(protocol=1, keys=['uses'])", "its key `uses` is one that all jobs have"),
    ("sys.exit(3)", "it ended with code 3"),
    ("os.kill(os.getpid(), 9)", "it was killed by signal 9"),
    ("'x' * (2 << 20)", "cannot use the output of a program: it is more than 1.0 MiB"),
  ])
  func refusesAPluginThatDescribesItselfWrongly(describe: String, message: String) async throws {
    try scene.plugin(describe: describe)
    let error = await #expect(throws: EngineError.self) { try await scene.prepare("  a: {kind: test}") }
    #expect(error?.category == .usage)
    #expect(error?.message == "cannot use the kind test: backupctl-kind-test describe: \(message)")
  }

  @Test func refusesAPluginThatTakesTooLongToSayWhatItIs() async throws {
    try scene.plugin(describe: "time.sleep(600)")
    let registry = try JobKindRegistry(
      pluginDirectories: [PathBytes(path: scene.plugins)], patience: .milliseconds(200))
    let schedule = try Schedule.parse(text: "jobs: {a: {kind: test}}", file: "s.yaml", kinds: registry.keys)
    let error = await #expect(throws: EngineError.self) { try await registry.describing(schedule) }
    #expect(
      error?.message.hasSuffix("it took longer than 0.2 s and was stopped") == true, "\(String(describing: error))")
  }

  @Test(arguments: [0o775, 0o757, 0o777]) func refusesAPluginThatOthersCanWrite(mode: Int) async throws {
    try scene.plugin(mode: mode)
    let error = await #expect(throws: EngineError.self) { try await scene.prepare("  a: {kind: test}") }
    #expect(error?.code == .refused)
    #expect(error?.message.contains("others than its owner may write to") == true)
    #expect(error?.hint == "take that right away: `chmod go-w \(scene.plugins)/backupctl-kind-test`")
  }

  @Test func refusesAPluginInADirectoryThatOthersCanWrite() async throws {
    try scene.plugin()
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: scene.plugins)
    let error = await #expect(throws: EngineError.self) { try await scene.prepare("  a: {kind: test}") }
    #expect(error?.code == .refused && error?.hint == "take that right away: `chmod go-w \(scene.plugins)`")
  }

  @Test(.enabled(if: effectiveUser() == 0, "needs root to give files away"))
  func refusesAPluginOfAnotherUser() async throws {
    try scene.plugin()
    let directory = try OpenFile.open(PathBytes(path: scene.plugins), .directory)
    try directory.setOwner(of: PathBytes(path: "backupctl-kind-test"), owner: 12_345, group: 0)
    let error = await #expect(throws: EngineError.self) { try await scene.prepare("  a: {kind: test}") }
    #expect(error?.code == .refused && error?.message.contains("belongs to the user 12345") == true)
  }

  @Test func refusesAPluginThatIsNotExecutable() async throws {
    try scene.plugin(mode: 0o644)
    let error = await #expect(throws: EngineError.self) { try await scene.prepare("  a: {kind: test}") }
    #expect(error?.code == .badSpecification && error?.message.hasSuffix("Permission denied") == true)
  }

  @Test func asksOnlyThePluginsThatTheScheduleUses() async throws {
    try scene.plugin()
    try scene.plugin(kind: "broken", describe: "sys.exit(1)", mode: 0o777)
    _ = try await scene.prepare("  a: {kind: test, names: [x]}")
  }

  @Test func prefersTheBuiltInKindAndTheFirstDirectory() async throws {
    try scene.plugin(kind: "verify", describe: "sys.exit(1)")
    #expect(try scene.registry.keys["verify"] == .known(VerifyJob.keys))
    let second = scene.directory + "/more"
    try FileManager.default.createDirectory(atPath: second, withIntermediateDirectories: true)
    try scene.plugin()
    let found = try KindPlugin.find(in: [scene.plugins, second, "/nonexistent/backupctl"].map { PathBytes(path: $0) })
    #expect(found["test"]?.directory == PathBytes(path: scene.plugins))
  }
}
