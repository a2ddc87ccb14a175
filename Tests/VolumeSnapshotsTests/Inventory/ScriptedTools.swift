import HostSystem
import Synchronization
import VolumeSnapshots

/// Answers by program name, and keeps what was asked.
final class ScriptedTools: ToolRunning {
  private let answers: [String: ChildResult]
  private let asked = Mutex<[[String]]>([])

  init(_ outputs: [String: String]) {
    answers = outputs.mapValues { ChildResult(end: .exited(0), output: Array($0.utf8)) }
  }

  init(results: [String: ChildResult]) { answers = results }

  var calls: [[String]] { asked.withLock { $0 } }

  func run(_ tool: String, _ arguments: [String], input: [UInt8], timeLimit: Duration) async throws -> ChildResult {
    asked.withLock { $0.append([tool] + arguments) }
    guard let answer = answers[tool] else {
      throw ChildError(.notStarted, "cannot run \(tool): it is not installed or not executable")
    }
    return answer
  }
}
