import HostSystem
import Synchronization

@testable import BackupReporting

/// A host that records which programs are run and ends them as it is told.
final class RecordingCommands: CommandRunning {
  private let recorded = Mutex<[ChildCommand]>([])
  private let end: @Sendable (ChildCommand) throws -> ChildResult

  init(_ end: @escaping @Sendable (ChildCommand) throws -> ChildResult = { _ in ChildResult(end: .exited(0)) }) {
    self.end = end
  }

  var commands: [ChildCommand] { recorded.withLock { $0 } }

  func run(_ command: ChildCommand) async throws -> ChildResult {
    recorded.withLock { $0.append(command) }
    return try end(command)
  }
}
