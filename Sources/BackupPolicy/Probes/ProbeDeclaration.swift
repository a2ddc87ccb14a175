/// A test of restored data, as a drill is told to make it.
public struct ProbeDeclaration: Hashable, Sendable {
  /// What is tested, and how.
  public enum Test: Hashable, Sendable {
    /// Each SQLite file, by its own check of its integrity.
    case sqlite
    /// Each dump of a database: whether it is whole, has rows, and isn't the same for longer than this; nil is never too long.
    case dump(unchangedFor: Duration?)
    /// Each data directory of PostgreSQL, by a server that is started on it; `programs` holds a directory `VERSION/bin` for each version.
    case postgres(programs: String)
    /// The file system of an image, by its own checker.
    case fileSystem
    /// Whatever the argument vector does.
    case command([String])
  }

  /// The words by which tests without values are named, in the order of the documentation.
  enum Word: String, CaseIterable {
    case sqlite, dump, postgres
    case fileSystem = "file-system"
    case command
  }

  /// What is tested, and how.
  public var test: Test
  /// How long each program of the test may take.
  public var timeLimit: Duration

  /// Makes a declaration.
  public init(_ test: Test, timeLimit: Duration = ProbeDeclaration.defaultTimeLimit) {
    self.test = test
    self.timeLimit = timeLimit
  }

  /// The name in reports: `sqlite`, `dump`, `postgres`, `file-system`, `command`.
  public var name: String {
    switch test {
    case .sqlite: Word.sqlite.rawValue
    case .dump: Word.dump.rawValue
    case .postgres: Word.postgres.rawValue
    case .fileSystem: Word.fileSystem.rawValue
    case .command: Word.command.rawValue
    }
  }

  /// Half an hour.
  public static let defaultTimeLimit = Duration.seconds(1800)
  /// How long a dump that is written anew may stay the same.
  public static let defaultUnchangedFor = Duration.seconds(21 * 86_400)
  /// Where Debian keeps the programs of PostgreSQL's servers.
  public static let defaultPostgresPrograms = "/usr/lib/postgresql"

  /// What drills do unless they are told: what needs no knowledge of the source, where there is something to look at.
  public static let defaults: [ProbeDeclaration] = [
    ProbeDeclaration(.sqlite), ProbeDeclaration(.dump(unchangedFor: defaultUnchangedFor)),
    ProbeDeclaration(.fileSystem),
  ]

  /// The names that can stand for a probe without further values.
  public static let plainNames: [String] = Word.allCases.filter { $0 != .command }.map(\.rawValue)

  /// The probe of a name with all its defaults; nil for `command`, which needs one, and for any other text.
  public init?(named name: String) {
    switch Word(rawValue: name) {
    case .sqlite: self.init(.sqlite)
    case .dump: self.init(.dump(unchangedFor: Self.defaultUnchangedFor))
    case .postgres: self.init(.postgres(programs: Self.defaultPostgresPrograms))
    case .fileSystem: self.init(.fileSystem)
    case .command, nil: return nil
    }
  }
}
