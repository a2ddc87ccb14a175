import HostSystem
import Synchronization

@testable import VolumeSnapshots

/// Tools of which each call ends the same way; it remembers how it was called.
final class AnsweringTools: ToolRunning {
  private let result: Result<ChildResult, ChildError>
  private let called = Mutex<[(vector: [String], timeLimit: Duration)]>([])

  /// Ends with a code, after writing an output.
  init(_ output: String, code: Int32 = 0, lastWords: [String] = []) {
    result = .success(ChildResult(end: .exited(code), output: Array(output.utf8), lastWords: lastWords))
  }

  /// Can't be run, or has to be stopped.
  init(failing error: ChildError) { result = .failure(error) }

  var vectors: [[String]] { called.withLock { $0.map(\.vector) } }
  var timeLimits: [Duration] { called.withLock { $0.map(\.timeLimit) } }

  func run(
    _ tool: String, _ arguments: [String], input: [UInt8], timeLimit: Duration
  ) async throws -> ChildResult {
    called.withLock { $0.append(([tool] + arguments, timeLimit)) }
    return try result.get()
  }
}
