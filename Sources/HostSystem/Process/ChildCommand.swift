public import BackupModel

/// A program to run: an argument vector, never a shell.
///
/// The program gets a session of its own, so that a signal of the terminal doesn't reach it and everything that it
/// starts can be stopped with it. Signal dispositions and mask are the defaults.
public struct ChildCommand: Sendable, Hashable {
  /// A path, or a name that is looked up on `PATH`.
  public var executable: String
  /// The arguments, without the program's name.
  public var arguments: [String]
  /// Environment variables besides those of this process.
  public var environment: [String: String] = [:]
  /// What it reads from its standard input; a program that doesn't read all of it isn't in error.
  public var input: [UInt8] = []
  /// How long it may take; then it is stopped. Nil is as long as it needs.
  public var timeLimit: Duration?
  /// How long it has to end by itself after SIGTERM before it is killed.
  public var stopGrace: Duration = .seconds(10)
  /// How much it may write to its standard output; more is an error.
  public var outputLimit = ByteCount(16 << 20)

  /// Describes a program with its arguments.
  public init(_ executable: String, _ arguments: [String] = []) {
    self.executable = executable
    self.arguments = arguments
  }

  /// Takes program and arguments from one list.
  ///
  /// - Returns: nil for an empty list or an empty name.
  public init?(vector: [String]) {
    guard let first = vector.first, !first.isEmpty else { return nil }
    self.init(first, Array(vector.dropFirst()))
  }

  /// Program and arguments for messages, quoted as a shell would need them.
  public var text: String { ([executable] + arguments).map(Self.quoted).joined(separator: " ") }

  private static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "-_./:=,@%+".utf8.contains(byte)
        }
      }
    if isPlain { return word }
    return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}

/// How a program ended, and what it said.
public struct ChildResult: Sendable, Hashable {
  /// How a program ended.
  public enum End: Sendable, Hashable, CustomStringConvertible {
    /// With an exit code.
    case exited(Int32)
    /// By a signal.
    case killed(signal: Int32)

    /// The end as a clause: `ended with code 2`, `was killed by signal 9`.
    public var description: String {
      switch self {
      case .exited(let code): "ended with code \(code)"
      case .killed(let signal): "was killed by signal \(signal)"
      }
    }
  }

  /// How it ended.
  public let end: End
  /// What it wrote to its standard output, if that was asked for.
  public let output: [UInt8]
  /// The last lines that it wrote to its standard error, at most 20, each shortened to 500 characters.
  public let lastWords: [String]

  /// Gathers a result.
  public init(end: End, output: [UInt8] = [], lastWords: [String] = []) {
    self.end = end
    self.output = output
    self.lastWords = lastWords
  }

  /// Whether it ended with code 0.
  public var isSuccess: Bool { end == .exited(0) }
}
