import BackupModel
public import HostSystem

/// Everything that a command takes from outside: environment, clock, output, the wish to stop.
public struct CommandEnvironment: Sendable {
  /// The process's environment variables.
  public var variables: [String: String]
  /// The clock.
  public var clock: any HostClock
  /// Data.
  public var output: CommandOutput
  /// Messages and progress.
  public var messages: CommandOutput
  /// What a person types.
  public var input: CommandInput
  /// The wish to stop, made by a signal.
  public var cancellation: Cancellation
  /// The wish not to wait for clean-up either, made by a second signal.
  public var abandonment: Cancellation
  /// The number of this process.
  public var processID: Int32
  /// The command line, for the holder of a lock.
  public var commandLine: String

  /// Gathers an environment.
  public init(
    variables: [String: String], clock: any HostClock, output: CommandOutput, messages: CommandOutput,
    input: CommandInput = .none, cancellation: Cancellation, abandonment: Cancellation = Cancellation(),
    processID: Int32, commandLine: String
  ) {
    self.variables = variables
    self.clock = clock
    self.output = output
    self.messages = messages
    self.input = input
    self.cancellation = cancellation
    self.abandonment = abandonment
    self.processID = processID
    self.commandLine = commandLine
  }

  /// The environment of the command that runs now.
  @TaskLocal public static var current = CommandEnvironment(
    variables: [:], clock: SystemClock(), output: .standardOutput, messages: .standardError,
    cancellation: Cancellation(), processID: 0, commandLine: "backupctl")
}

/// The version that is printed and written into repositories.
public let toolVersion = "0.1.0"

/// Name and version, as written into repositories.
let toolName = "backupctl \(toolVersion)"
