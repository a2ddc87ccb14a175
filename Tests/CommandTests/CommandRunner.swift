import BackupModel
import Foundation
import HostSystem
import Synchronization

@testable import BackupCommands

/// Runs command lines in this process, with captured output and a clock that stands still.
///
/// Each runner has a fresh directory, removed with it.
final class CommandRunner {
  /// What a command line did.
  struct Result {
    let code: Int32
    let bytes: [UInt8]
    let messages: String

    var output: String { String(decoding: bytes, as: UTF8.self) }
    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  /// A clock that only moves when it is told to.
  final class StandingClock: HostClock {
    private let time: Mutex<Timestamp>

    init(_ time: Timestamp) { self.time = Mutex(time) }

    func now() -> Timestamp { time.withLock { $0 } }
    func elapsed() -> Duration { .seconds(now().seconds) }
    /// The real one: an archive compares it with the ctime of files.
    func inodeTime() -> Timestamp { SystemClock().inodeTime() }
    func advance(seconds: Int64) { time.withLock { $0 = $0.adding(seconds: seconds) } }
  }

  /// The directory, absolute and without symbolic links.
  let directory: String
  let clock = StandingClock(Timestamp(CalendarTime(year: 2026, month: 11, day: 22, hour: 5)))
  var variables: [String: String] = [:]
  /// What is typed; nobody is there unless a test says so.
  var input = CommandInput.none
  /// A path for the default repository, given by `$BACKUPCTL_REPOSITORY`.
  var repository: String { "\(directory)/repository" }

  init() throws {
    // As the program does: what isn't read is an error of a call, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    let base = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    directory = base.appendingPathComponent("backupctl-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    variables["BACKUPCTL_REPOSITORY"] = repository
    variables["STATE_DIRECTORY"] = "\(directory)/state"
    variables["STATE_DIRECTORY"] = "\(directory)/state"
  }

  deinit {
    // A test that fails to clean up has said already what failed.
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Runs a command line.
  func run(_ arguments: String..., cancellation: Cancellation = Cancellation()) async -> Result {
    await run(arguments, cancellation: cancellation)
  }

  /// Runs a command line.
  func run(_ arguments: [String], cancellation: Cancellation = Cancellation()) async -> Result {
    let output = Capture()
    let messages = Capture()
    let code = await BackupctlCommand.run(
      arguments,
      CommandEnvironment(
        variables: variables, clock: clock, output: output.stream, messages: messages.stream, input: input,
        cancellation: cancellation, processID: 42,
        commandLine: "backupctl \(arguments.joined(separator: " "))"))
    return Result(code: code, bytes: output.bytes, messages: String(decoding: messages.bytes, as: UTF8.self))
  }

  private final class Capture: Sendable {
    private let captured = Mutex<[UInt8]>([])

    /// The stream that is captured.
    var stream: CommandOutput {
      CommandOutput(isImmediate: false) { bytes in
        self.captured.withLock { $0 += bytes }
        return true
      }
    }
    var bytes: [UInt8] { captured.withLock { $0 } }
  }
}

/// A directory tree that a test makes.
struct TestTree {
  let path: String

  /// Makes an empty directory.
  init(_ path: String) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// Writes a file and sets its mtime; directories above it are made.
  func file(_ name: PathBytes, _ content: [UInt8], modified: Int64 = 1_700_000_000) throws {
    if let slash = name.lastIndex(of: 0x2F) { try directory(Array(name[..<slash])) }
    let root = try OpenFile.open(Array(path.utf8), .directoryFollowing)
    do throws(SystemError) {
      try root.unlink(name)
    } catch {
      guard error.isMissing else { throw error }
    }
    let file = try root.open(name, .newFile(permissions: 0o644))
    try file.write(content)
    try file.close()
    try root.setModified(of: name, Timestamp(seconds: modified))
  }

  /// Writes a file of text.
  func file(_ name: String, _ content: String = "", modified: Int64 = 1_700_000_000) throws {
    try file(Array(name.utf8), Array(content.utf8), modified: modified)
  }

  /// Makes a directory and those above it.
  func directory(_ name: PathBytes) throws {
    let root = try OpenFile.open(Array(path.utf8), .directoryFollowing)
    var made = PathBytes()
    for component in name.split(separator: 0x2F) {
      if !made.isEmpty { made.append(0x2F) }
      made += component
      do throws(SystemError) {
        try root.makeDirectory(made, permissions: 0o755)
      } catch {
        guard error.isExisting else { throw error }
      }
    }
  }

  /// The open directory, for everything else.
  func open() throws -> OpenFile { try OpenFile.open(Array(path.utf8), .directoryFollowing) }

  /// Gives every directory the same mtime, so that only what a test means differs.
  func settleDirectories(_ names: String..., modified: Int64 = 1_700_000_000) throws {
    let root = try open()
    for name in names { try root.setModified(of: Array(name.utf8), Timestamp(seconds: modified)) }
    try root.setModified(Timestamp(seconds: modified))
  }
}
