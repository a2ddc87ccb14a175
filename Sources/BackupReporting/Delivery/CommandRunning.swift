public import HostSystem

/// Runs programs; injected, so that tests need none.
public protocol CommandRunning: Sendable {
  /// Runs a program to its end.
  ///
  /// - Throws: `ChildError`; `CancellationError`. A program that ends with another code than 0 isn't an error here.
  func run(_ command: ChildCommand) async throws -> ChildResult
}

/// Runs programs of this host.
public struct HostCommands: CommandRunning {
  /// Makes a runner.
  public init() {}

  /// Runs a program to its end.
  ///
  /// - Throws: `ChildError`; `CancellationError`. A program that ends with another code than 0 isn't an error here.
  public func run(_ command: ChildCommand) async throws -> ChildResult { try await command.run() }
}

extension ReportingError {
  /// An error of a program that was to be run.
  ///
  /// - Parameter hint: what helps if the program isn't installed.
  init(_ error: any Error, running program: String, hint: String? = nil) {
    switch error as? ChildError {
    case .some(let child) where child.code == .notStarted:
      self.init(
        .command, "\(program) is not installed or not executable", cause: child.cause, hint: hint ?? child.hint,
        isToolMissing: true)
    case .some(let child) where child.code == .timedOut:
      self.init(.command, "\(program) did not end in time and was stopped")
    case .some(let child):
      self.init(.command, child.message, cause: child.cause, hint: child.hint)
    case nil where error is CancellationError:
      self.init(.command, "\(program) was stopped with the run")
    case nil:
      self.init(.command, "\(program) can't be run", cause: "\(error)")
    }
  }
}
