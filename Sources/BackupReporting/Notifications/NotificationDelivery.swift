import HostSystem

/// Tells targets of announcements.
public struct NotificationDelivery: Sendable {
  private let http: any HTTPSending
  private let commands: any CommandRunning

  /// Makes a delivery.
  public init(http: any HTTPSending, commands: any CommandRunning) {
    self.http = http
    self.commands = commands
  }

  /// What became of an announcement.
  public struct Outcome: Hashable, Sendable {
    /// The names of the targets that took it, in their order.
    public let delivered: [String]
    /// Why the others didn't.
    public let warnings: [ReportingError]

    /// Whether the state may be remembered as announced: a target took it, or there is none.
    public var isAnnounced: Bool { !delivered.isEmpty || warnings.isEmpty }
  }

  /// Tells all targets at the same time; one that fails doesn't keep the others from being told.
  public func deliver(_ notification: NotificationMessage, to targets: [NotificationTarget]) async -> Outcome {
    let results = await withTaskGroup(of: (Int, ReportingError?).self) { group in
      for (position, target) in targets.enumerated() {
        group.addTask { (position, await deliver(notification, to: target)) }
      }
      var results = [ReportingError?](repeating: nil, count: targets.count)
      for await (position, warning) in group { results[position] = warning }
      return results
    }
    return Outcome(
      delivered: zip(targets, results).filter { $0.1 == nil }.map(\.0.name), warnings: results.compactMap { $0 })
  }

  private func deliver(_ notification: NotificationMessage, to target: NotificationTarget) async -> ReportingError? {
    do throws(ReportingError) {
      switch target.channel {
      case .webhook(let webhook):
        try await http.deliver(webhook.request(notification, timeLimit: target.timeLimit))
      case .ntfy(let ntfy):
        try await http.deliver(ntfy.request(notification, timeLimit: target.timeLimit))
      case .mail(let mail):
        try await run(mail.command(notification), timeLimit: target.timeLimit)
      case .command(let command):
        try await run(command.command(notification), timeLimit: target.timeLimit)
      }
      return nil
    } catch {
      return error.prefixed("cannot notify \(target.name)")
    }
  }

  private func run(_ child: ChildCommand, timeLimit: Duration) async throws(ReportingError) {
    var child = child
    child.timeLimit = timeLimit
    child.stopGrace = .seconds(2)
    let result: ChildResult
    do {
      result = try await commands.run(child)
    } catch {
      throw ReportingError(error, running: child.executable)
    }
    guard result.isSuccess else {
      throw ReportingError(.command, "\(child.executable) \(result.end)", cause: result.lastWords.last)
    }
  }
}
