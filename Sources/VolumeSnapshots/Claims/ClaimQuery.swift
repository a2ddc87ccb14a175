import BackupModel
import HostSystem

/// Asks a cluster for its persistent volumes: `kubectl get pv -o json`.
///
/// Whatever isn't a whole, well-formed list is an error, never a shorter list: who excludes by claim must not exclude less
/// because a question failed.
public struct ClaimQuery: Sendable {
  private let command: [String]
  private let driver: String
  private let timeLimit: Duration
  private let tools: any ToolRunning

  /// How much the cluster may answer; ten thousand volumes are about 30 MiB.
  static let outputLimit = ByteCount.mebibytes(64)

  /// Prepares a question.
  ///
  /// - Parameters:
  ///   - command: the program and its arguments, to which the question is added; at least the program.
  ///   - driver: the driver whose volumes are meant.
  ///   - timeLimit: how long the answer may take.
  public init(command: [String], driver: String, timeLimit: Duration, tools: any ToolRunning) {
    self.command = command
    self.driver = driver
    self.timeLimit = timeLimit
    self.tools = tools
  }

  /// Asks.
  ///
  /// - Throws: ``VolumeError`` `toolFailed` if the program fails, `unusableOutput` if it says something else than a whole
  ///   list; `ChildError` if it isn't installed or takes too long; `CancellationError`.
  public func ask() async throws -> ClaimInventory {
    guard let program = command.first else {
      throw VolumeError(.toolFailed, "cannot list the claims of the cluster: no program is named that asks it")
    }
    let hint = "try it: `\(ChildCommand(program, Array(command.dropFirst()) + Self.question).text)`"
    do {
      let output = try await tools.output(
        of: program, Array(command.dropFirst()) + Self.question, to: "list the claims of the cluster",
        timeLimit: timeLimit)
      guard output.count <= Self.outputLimit.bytes else {
        throw VolumeError(
          .unusableOutput,
          "cannot list the claims of the cluster: the answer has \(ByteCount(output.count)), more than "
            + "\(Self.outputLimit)")
      }
      return try PersistentVolumeList.inventory(of: output, driver: driver)
    } catch let error as VolumeError where error.hint == nil {
      throw VolumeError(error.code, error.message, cause: error.cause, hint: hint)
    }
  }

  private static let question = ["get", "pv", "-o", "json"]
}
