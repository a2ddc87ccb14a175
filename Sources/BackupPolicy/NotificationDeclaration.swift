/// Who is told when a schedule's state changes, and how.
public struct NotificationDeclaration: Hashable, Sendable {
  /// A change of a schedule's state.
  public enum Event: String, CaseIterable, Hashable, Sendable {
    /// It fails and didn't before.
    case failed
    /// It is well again.
    case recovered
    /// It ends with warnings and didn't before.
    case degraded
  }

  /// Where a notification goes.
  ///
  /// An address is `http` or `https` and has no user name and no password. A header file is an absolute path; its lines
  /// are sent with the request.
  public enum Target: Hashable, Sendable {
    /// A POST of a JSON document.
    case webhook(url: String, headerFile: String?)
    /// A POST of plain text as ntfy takes it; the priority is 1 to 5, nil is the server's default.
    case ntfy(url: String, priority: Int?, tags: [String], headerFile: String?)
    /// A mail through `sendmail`, to at least one address; without a sender it is the account's.
    case mail(to: [String], from: String?)
    /// A program with its arguments, started without a shell.
    case command([String])
    /// A dead man's switch: requests at each start, success and failure, not at changes only.
    case ping(url: String)
  }

  /// The name, unique within the configuration.
  public let name: String
  /// What is told; empty for a ``Target/ping(url:)``, which tells of each run.
  public var events: Set<Event>
  /// The schedules of which it is told; nil is all.
  public var schedules: [String]?
  /// Where it goes.
  public var target: Target

  /// The events that are told unless a declaration says otherwise.
  public static let defaultEvents: Set<Event> = [.failed, .recovered]

  /// Makes a declaration.
  public init(
    name: String, events: Set<Event> = NotificationDeclaration.defaultEvents, schedules: [String]? = nil,
    target: Target
  ) {
    self.name = name
    self.events = events
    self.schedules = schedules
    self.target = target
  }
}
