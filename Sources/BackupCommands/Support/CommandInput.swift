/// What a person types at a command.
public struct CommandInput: Sendable {
  /// Whether a person is there to be asked.
  public let isTerminal: Bool
  private let read: @Sendable () -> String?

  /// Takes answers from a function, which gives nil at the end.
  public init(isTerminal: Bool, read: @escaping @Sendable () -> String?) {
    self.isTerminal = isTerminal
    self.read = read
  }

  /// The line that is typed next, or nil at the end.
  func line() -> String? { read() }

  /// Nobody is there.
  public static let none = CommandInput(isTerminal: false) { nil }
}
