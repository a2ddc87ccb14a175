/// One job of a schedule as it is declared; what it does is known to its kind.
public struct JobDeclaration: Hashable, Sendable {
  /// When a job runs, given how the jobs it waits for ended.
  public enum Condition: String, CaseIterable, Hashable, Sendable {
    /// Only if all of them succeeded.
    case success
    /// However they ended.
    case always
    /// Only if one of them failed.
    case failure
  }

  /// How often a failed task is tried, and how long the pause is.
  public struct Retry: Hashable, Sendable {
    /// How often it is tried in all, 1 to 20.
    public var attempts: Int
    /// The pause before the second attempt, up to a day; doubled before each further one.
    public var backoff: Duration

    /// Makes a policy; the default tries once.
    public init(attempts: Int = 1, backoff: Duration = .seconds(30)) {
      self.attempts = attempts
      self.backoff = backoff
    }
  }

  /// The name, unique within the schedule.
  public let name: String
  /// The kind, one of those that the parser was given.
  public let kind: String
  /// The jobs whose sources this one works on; it waits for them.
  public let of: [String]
  /// Further jobs that it waits for.
  public let after: [String]
  /// When it runs, given how those ended.
  public let when: Condition
  /// The resources of which each of its tasks takes one unit while it runs.
  public let uses: [String]
  /// How long a task may take; nil is as long as it needs.
  public let timeout: Duration?
  /// What happens to a task that fails.
  public let retry: Retry
  /// Commands around its tasks.
  public let hooks: Hooks
  /// The keys that belong to the kind.
  public let specification: StrictMapping
  /// Where the job stands.
  public let location: DocumentLocation

  /// The jobs that it waits for: ``of``, then ``after``, each once.
  public var dependencies: [String] {
    var names: [String] = []
    for name in of + after where !names.contains(name) { names.append(name) }
    return names
  }
}
