public import BackupModel

/// A stream to protect: what a command writes to its standard output, stored as one file.
public struct StreamDeclaration: Hashable, Sendable {
  /// The source: its kind is stream, its name the declared one.
  public let source: SourceID
  /// The program and its arguments, at least the program; started without a shell.
  public var command: [String]
  /// The name that the content has in a point: one component, neither `.` nor `..`; `content` unless set.
  public var file: String
  /// Variables that are set for the command beside those of the run.
  public var environment: [String: String]
  /// How old the newest good point may be; nil is what the configuration says for all.
  public var maximumAge: Duration?
  /// Whether an output of no bytes is a normal one; otherwise its point is suspicious.
  public var mayBeEmpty: Bool

  /// The name: `firewall`, `db/immich`.
  public var name: String { source.name }

  /// The name of the content unless the declaration says another one.
  public static let defaultFile = "content"

  /// Makes a declaration.
  public init(
    source: SourceID, command: [String], file: String = StreamDeclaration.defaultFile,
    environment: [String: String] = [:], maximumAge: Duration? = nil, mayBeEmpty: Bool = false
  ) {
    self.source = source
    self.command = command
    self.file = file
    self.environment = environment
    self.maximumAge = maximumAge
    self.mayBeEmpty = mayBeEmpty
  }
}
