import BackupModel
import Foundation
import Glibc
import HostSystem
import Testing

@Suite(.timeLimit(.minutes(10))) struct ChildCommandTests {
  init() {
    // As the program does: what isn't read is an error of a call, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
  }

  private func shell(_ script: String) -> ChildCommand { ChildCommand("/bin/sh", ["-c", script]) }

  private func text(_ result: ChildResult) -> String { String(decoding: result.output, as: UTF8.self) }

  @Test func waitsForAProgramWhoseFileIsStillBeingWritten() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "backupctl-busy-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data("#!/bin/sh\necho ran\n".utf8).write(to: file)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    let writer = try FileHandle(forWritingTo: file)
    let closing = Task {
      try await Task.sleep(for: .milliseconds(150))
      try writer.close()
    }
    let result = try await ChildCommand(file.path).run()
    try await closing.value
    #expect(result.isSuccess)
    #expect(result.output == Array("ran\n".utf8))
  }

  @Test func keepsOutputExitCodeAndLastWords() async throws {
    let result = try await shell("echo out; echo first >&2; echo last >&2; exit 3").run()
    #expect(text(result) == "out\n")
    #expect(result.end == .exited(3))
    #expect(!result.isSuccess)
    #expect(result.lastWords == ["first", "last"])
  }

  @Test func passesArgumentsAsTheyAre() async throws {
    var command = ChildCommand("printf", ["%s|", "a b", "$HOME", "*", "'", ""])
    #expect(text(try await command.run()) == "a b|$HOME|*|'||")
    #expect(command.text == "printf '%s|' 'a b' '$HOME' '*' ''\\''' ''")
    command = try #require(ChildCommand(vector: ["true"]))
    #expect(try await command.run().isSuccess)
    #expect(ChildCommand(vector: []) == nil)
    #expect(ChildCommand(vector: [""]) == nil)
  }

  @Test func givesInputAndEnvironment() async throws {
    var command = shell("cat; printf %s \"$GREETING\"")
    command.input = Array(repeating: UInt8(ascii: "x"), count: 300_000)
    command.environment = ["GREETING": "hello"]
    let result = try await command.run()
    #expect(result.output.count == 300_005)
    #expect(result.output.suffix(5).elementsEqual("hello".utf8))
  }

  @Test func doesNotMindAProgramThatLeavesItsInputUnread() async throws {
    var command = shell("exit 0")
    command.input = Array(repeating: 0, count: 4 << 20)
    #expect(try await command.run().isSuccess)
  }

  @Test func namesTheSignalThatEndedAProgram() async throws {
    let result = try await shell("kill -9 $$").run()
    #expect(result.end == .killed(signal: 9))
    #expect("\(result.end)" == "was killed by signal 9")
  }

  @Test func takesTheFirstProgramOfThatNameThatMayBeExecuted() async throws {
    let script = """
      set -e; work=$(mktemp -d); cd "$work"; mkdir -p file directory/tool first second
      echo 'echo file' >file/tool
      for name in first second; do printf '#!/bin/sh\necho %s\n' "$name" >"$name/tool"; chmod +x "$name/tool"; done
      printf %s "$work"
      """
    let work = text(try await shell(script).run())
    var command = ChildCommand("tool")
    let names = ["missing", "file", "directory", "first", "second"]
    command.environment = ["PATH": names.map { "\(work)/\($0)" }.joined(separator: ":")]
    #expect(text(try await command.run()) == "first\n")
    command.environment = ["PATH": "\(work)/file:\(work)/directory"]
    let error = await #expect(throws: ChildError.self) { try await command.run() }
    #expect(error?.code == .notStarted)
    _ = try await ChildCommand("rm", ["-r", work]).run()
  }

  @Test func saysThatAToolIsMissing() async throws {
    let error = try await #require(throws: ChildError.self) { try await ChildCommand("no-such-tool-anywhere").run() }
    #expect(error.code == .notStarted)
    #expect(error.category == .toolMissing)
    #expect(error.message.contains("no-such-tool-anywhere"))
  }

  @Test func stopsAProgramThatTakesTooLongWithAllThatItStarted() async throws {
    let marker = try ScratchDirectory()
    var command = shell("echo $$ >\(marker.url.path)/pid; sh -c 'trap \"\" TERM; sleep 300' & sleep 300")
    command.timeLimit = .milliseconds(300)
    command.stopGrace = .milliseconds(200)
    let error = try await #require(throws: ChildError.self) { try await command.run() }
    #expect(error.code == .timedOut)
    let file = try OpenFile.open(PathBytes(path: "\(marker.url.path)/pid"), .readOwn)
    let group = String(decoding: try file.contents(at: 0, count: 20), as: UTF8.self).split(separator: "\n")[0]
    // Whoever is left in its process group is named by ps; one that was killed may take a moment to go, or to be fetched.
    var left = ""
    for _ in 0..<200 {
      left = text(try await ChildCommand("ps", ["-o", "stat=", "-g", String(group)]).run())
      left = left.split(separator: "\n").filter { !$0.hasPrefix("Z") }.joined(separator: " ")
      if left.isEmpty { break }
    }
    #expect(left.isEmpty)
  }

  @Test func stopsAProgramWhenTheTaskIsCancelled() async throws {
    let running = Task { try await shell("sleep 300").run() }
    running.cancel()
    await #expect(throws: (any Error).self) { try await running.value }
  }

  @Test func refusesMoreOutputThanAllowed() async throws {
    var command = shell("yes")
    command.outputLimit = .kibibytes(64)
    let limited = command
    let error = try await #require(throws: ChildError.self) { try await limited.run() }
    #expect(error.code == .tooMuchOutput)
    let long = try await #require(throws: ChildError.self) {
      try await shell("head -c 200000 /dev/zero").run(longestLine: .kibibytes(64)) { _ in }
    }
    #expect(long.code == .tooMuchOutput)
  }

  @Test func handsOverLinesAsTheyComeAndTheUnfinishedLastOne() async throws {
    let lines = Monitor<[String]>([])
    let result = try await shell("echo one; echo; printf 'two\\nthree'").run { line in
      lines.update { $0.append(String(decoding: line, as: UTF8.self)) }
    }
    #expect(result.isSuccess)
    #expect(lines.update { $0 } == ["one", "", "two", "three"])
  }

  @Test func readsFromAPipeThatIsClosedWhenItsWriterWantsItToEnd() async throws {
    let pipe = try OpenFile.pipe()
    try pipe.writing.write(Array("one\n".utf8))
    let result = try await shell("cat; echo end").run(reading: pipe.reading) { line in
      // The pipe's only writing end.
      if line == Array("one".utf8) { try pipe.writing.close() }
    }
    #expect(result.isSuccess)
  }

  @Test func stopsAProgramWhoseLinesArentWanted() async throws {
    await #expect(throws: CancellationError.self) {
      try await shell("yes").run { _ in throw CancellationError() }
    }
  }

  @Test func writesIntoAnOpenFile() async throws {
    let directory = try ScratchDirectory()
    let opened = try OpenFile.open(PathBytes(path: directory.url.path), .directory)
    let file = try opened.open(Array("out".utf8), .newFile(permissions: 0o600))
    let result = try await shell("echo content; echo word >&2; exit 7").run(writingTo: file)
    #expect(result.end == .exited(7))
    #expect(result.lastWords == ["word"])
    #expect(String(decoding: try file.contents(at: 0, count: 100), as: UTF8.self) == "content\n")
  }

  @Test func keepsOnlyTheLastLinesOfManyWords() async throws {
    let result = try await shell("seq 1 100000 >&2").run()
    #expect(result.lastWords == (99_981...100_000).map(String.init))
  }
}
