import BackupCommands
import Foundation
import HostSystem
import Synchronization
import Testing

@Suite struct RestoreCommandTests {
  /// A repository with one point of a small tree, and the command line on it.
  final class World {
    let directory: String

    init() throws {
      directory = NSTemporaryDirectory() + "backupctl-restore-command-\(UUID().uuidString)"
      for part in ["/tree/etc/ssh", "/other"] {
        try FileManager.default.createDirectory(atPath: directory + part, withIntermediateDirectories: true)
      }
      try Data("Port 22\n".utf8).write(to: URL(fileURLWithPath: directory + "/tree/etc/ssh/sshd_config"))
      try Data("hello\n".utf8).write(to: URL(fileURLWithPath: directory + "/tree/motd"))
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func run(_ arguments: String...) async -> (code: Int32, output: String, messages: String) {
      let (output, messages) = (Gathered(), Gathered())
      let environment = CommandEnvironment(
        variables: ["BACKUPCTL_REPOSITORY": directory + "/repository"], clock: SystemClock(),
        output: CommandOutput(isImmediate: true) { output.add($0) },
        messages: CommandOutput(isImmediate: true) { messages.add($0) }, cancellation: Cancellation(), processID: 1,
        commandLine: "backupctl")
      let code = await BackupctlCommand.run(arguments, environment)
      return (code, output.text, messages.text)
    }

    func prepare() async {
      _ = await run("init", directory + "/repository")
      _ = await run("archive", directory + "/tree", "--as", "t", "-q")
    }
  }

  final class Gathered: Sendable {
    private let bytes = Mutex<[UInt8]>([])
    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
    func add(_ more: [UInt8]) -> Bool {
      bytes.withLock { $0 += more }
      return true
    }
  }

  @Test func restoresAndSaysWhatItDoesBeforeAndAfter() async throws {
    let world = try World()
    await world.prepare()
    let result = await world.run("restore", "t", "--to", world.directory + "/target", "--verify")
    #expect(result.code == 0)
    #expect(result.messages.hasPrefix("restoring tree/t@"))
    #expect(result.messages.contains("5 entries, 14 B to \(world.directory)/target\n"))
    #expect(result.output.contains("restored to \(world.directory)/target: 5 entries, 14 B, written 14 B; "))
    #expect(result.output.contains("; verified 5 entries, 14 B"))
  }

  @Test func printsJSONOnStandardOutputOnly() async throws {
    let world = try World()
    await world.prepare()
    let result = await world.run(
      "restore", "t", "--to", world.directory + "/target", "--path", "etc/ssh", "--json", "--verify")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(object["source"] as? String == "tree/t")
    #expect(object["entries"] as? Int == 3)
    #expect(object["failureCount"] as? Int == 0)
    #expect((object["comparison"] as? [String: Any])?["differenceCount"] as? Int == 0)
  }

  @Test func plansWithoutWriting() async throws {
    let world = try World()
    await world.prepare()
    let result = await world.run("restore", "t", "--to", world.directory + "/target", "--plan", "--json")
    #expect(result.code == 0)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(object["target"] as? String == "missing")
    #expect(object["entries"] as? Int == 5)
    #expect(!FileManager.default.fileExists(atPath: world.directory + "/target"))
  }

  @Test func exits1AndNamesTheWaysOutForADirectoryThatIsNotEmpty() async throws {
    let world = try World()
    await world.prepare()
    let result = await world.run("restore", "t", "--to", world.directory + "/tree")
    #expect(result.code == 1)
    #expect(
      result.messages == """
        error: cannot restore to \(world.directory)/tree: the directory isn't empty
        hint: choose another directory (it need not exist yet), or give --overwrite: files that differ are overwritten \
        then, nothing is deleted

        """)
  }

  @Test func exits1NamingTheNearestPathForAnUnknownOne() async throws {
    let world = try World()
    await world.prepare()
    let result = await world.run("restore", "t", "--to", world.directory + "/target", "--path", "etc/shs")
    #expect(result.code == 1)
    #expect(result.messages.contains("hint: did you mean `etc/ssh`?"))
  }

  @Test func exits64ForAPathWithDots() async throws {
    let world = try World()
    await world.prepare()
    #expect(await world.run("restore", "t", "--to", world.directory + "/target", "--path", "../x").code == 64)
  }

  @Test func exits20ForDamage() async throws {
    let world = try World()
    await world.prepare()
    let packs = world.directory + "/repository/sources/tree/t/packs/"
    let pack = packs + (try #require(try FileManager.default.contentsOfDirectory(atPath: packs).first))
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: pack))
    try file.seek(toOffset: 60)
    try file.write(contentsOf: Data([0xAA, 0x55, 0xAA]))
    try file.close()
    let result = await world.run("restore", "t", "--to", world.directory + "/target")
    #expect(result.code == 20)
    #expect(result.messages.contains("error: cannot restore etc/ssh/sshd_config: cannot read pack "))
    #expect(result.output.contains("2 failed"))
    #expect(!FileManager.default.fileExists(atPath: world.directory + "/target/motd"))
  }

  @Test func exits3WhenSomethingIsInTheWay() async throws {
    let world = try World()
    await world.prepare()
    let target = world.directory + "/target"
    try FileManager.default.createDirectory(atPath: target + "/motd/occupied", withIntermediateDirectories: true)
    let result = await world.run("restore", "t", "--to", target, "--overwrite")
    #expect(result.code == 3)
    #expect(result.messages.contains("error: cannot restore motd: a directory that isn't empty is in its place"))
  }

  @Test func helpEndsWithExamplesAndExitCodes() async throws {
    let result = try await World().run("restore", "--help")
    #expect(result.output.contains("EXAMPLES:"))
    #expect(result.output.contains("  20    damage was found in stored data"))
  }
}
