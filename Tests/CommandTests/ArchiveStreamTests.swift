import Foundation
import HostSystem
import Testing

@testable import BackupCommands

/// `archive --stream NAME -- COMMAND`, and streams of the configuration and of schedules.
@Suite struct ArchiveStreamTests {
  private let runner: CommandRunner

  init() async throws {
    runner = try CommandRunner()
    #expect(await runner.run("init", runner.repository).code == 0)
  }

  private func configure(_ streams: String) throws {
    let path = "\(runner.directory)/config.yaml"
    try Data("repository: {path: \(runner.repository)}\nstreams:\n\(streams)\n".utf8).write(
      to: URL(fileURLWithPath: path))
    runner.variables["BACKUPCTL_CONFIG"] = path
  }

  @Test func archivesTheOutputOfACommandAndGivesItBack() async throws {
    let result = await runner.run("archive", "--stream", "fw", "--file", "conf.txt", "--", "echo", "--all", "a b")
    #expect(result.code == 0, "\(result.messages)")
    #expect(result.output.hasPrefix("stream/fw@20261122T050000Z: 2 entries, 10 B; read 1 files, 10 B; new 10 B, "))
    #expect(await runner.run("cat", "fw", "conf.txt").output == "--all a b\n")
    #expect(await runner.run("cat", "stream/fw", "conf.txt").output == "--all a b\n")
    #expect(await runner.run("ls", "fw").output.contains("conf.txt"))
    #expect(await runner.run("points").output.contains("stream/fw"))
    #expect(await runner.run("show", "fw").code == 0)
    #expect(await runner.run("verify", "fw").code == 0)
    #expect(await runner.run("check").code == 0)
  }

  @Test func callsTheOutputContentUnlessToldOtherwise() async throws {
    #expect(await runner.run("archive", "--stream", "fw", "--", "echo", "x").code == 0)
    #expect(await runner.run("cat", "fw", "content").output == "x\n")
  }

  @Test func endsWithOneAndNoPointWhenTheCommandFails() async throws {
    let result = await runner.run(
      "archive", "--quiet", "--stream", "fw", "--", "sh", "-c", "echo half; echo 'no route to host' >&2; exit 255")
    #expect(result.code == 1 && result.output.isEmpty)
    #expect(
      result.messages == """
        error: cannot archive stream/fw: sh ended with code 255
        cause: no route to host
        hint: no point was made; run the command by itself to see why: \
        sh -c 'echo half; echo '\\''no route to host'\\'' >&2; exit 255'

        """)
    #expect(await runner.run("show", "fw").code != 0)
  }

  @Test func endsDegradedWhenTheOutputIsEmpty() async throws {
    let result = await runner.run("archive", "--quiet", "--stream", "fw", "--", "true")
    #expect(result.code == 3)
    #expect(result.messages == "warning: stream/fw@20261122T050000Z is suspicious: the output is empty\n")
  }

  @Test func saysThatAToolIsMissingWhenTheCommandDoesNotExist() async throws {
    let result = await runner.run("archive", "--stream", "fw", "--", "backupctl-no-such-program")
    #expect(result.code == 31 && result.messages.contains("backupctl-no-such-program"))
  }

  @Test(arguments: [
    (["archive"], "Name what is to be archived: a path, a configured source, or --volume GROUP/VOLUME."),
    (["archive", "--stream", "fw"], "Give the command after --, as in: --stream fw -- pg_dump -Fc db"),
    (["archive", "--stream", "fw", "--as", "x", "--", "true"], "are for directories, not for --stream"),
    (["archive", "etc", "--file", "x"], "--file goes with --stream only"),
    (["archive", "--stream", "a//b", "--", "true"], "cannot name a source 'a//b'"),
    (["archive", "--stream", "a", "--file", "x/y", "--", "true"], "cannot name the output 'x/y'"),
    (["archive", "--stream", "a", "--", ""], "its command is empty"),
  ])
  func refusesWhatCannotBeMeant(arguments: [String], message: String) async throws {
    let result = await runner.run(arguments)
    #expect(result.code == 64)
    #expect(result.messages.contains(message), "\(result.messages)")
  }

  @Test func archivesAConfiguredStreamByItsName() async throws {
    try configure("  - {name: db/app, command: [sh, -c, 'echo $WORD'], file: app.sql, environment: {WORD: dump}}")
    #expect(await runner.run("archive", "db/app").code == 0)
    #expect(await runner.run("cat", "db/app", "app.sql").output == "dump\n")
    #expect(await runner.run("archive", "stream/db/app", "--json").output.contains(#""source" : "stream/db/app""#))
  }

  @Test func runsTheStreamsOfConfigurationAndSchedule() async throws {
    try configure("  - {name: one, command: [echo, configured]}\n  - {name: two, command: [echo, configured]}")
    let schedule = "\(runner.directory)/nightly.yaml"
    try Data(
      """
      streams: [{name: two, command: [echo, scheduled]}]
      jobs:
        a: {kind: archive, streams: [one, two]}
        v: {kind: verify, of: a}
      """.utf8
    ).write(to: URL(fileURLWithPath: schedule))
    let result = await runner.run("run", schedule)
    #expect(result.code == 0, "\(result.messages)")
    #expect(await runner.run("cat", "one", "content").output == "configured\n")
    #expect(await runner.run("cat", "two", "content").output == "scheduled\n")
  }

  @Test(arguments: [
    ("{kind: archive}", "job `a` of kind archive has none of `trees`, `streams`, `volumes` and `of`"),
    ("{kind: archive, streams: twoo}", "there is no stream `twoo`; did you mean `two`?"),
  ])
  func refusesAJobThatNamesNothing(job: String, message: String) async throws {
    let schedule = "\(runner.directory)/nightly.yaml"
    try Data("streams: [{name: two, command: [echo]}]\njobs: {a: \(job)}\n".utf8)
      .write(to: URL(fileURLWithPath: schedule))
    let result = await runner.run("run", schedule)
    #expect(result.code == 64 && result.messages.contains(message), "\(result.messages)")
  }

  @Test func stopsTheCommandWhenItIsInterrupted() async throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    let result = await runner.run(
      ["archive", "--quiet", "--stream", "fw", "--", "sleep", "600"], cancellation: cancellation)
    #expect(result.code == 1 && result.messages.hasPrefix("interrupted: "))
    #expect(await runner.run("show", "fw").code != 0)
  }
}
