public import BackupCatalog
import BackupModel
public import BackupPolicy
public import BackupReporting
import HostSystem

/// Brings reports to those who watch: metrics files and gateways, notifications, dead-man switches.
///
/// What can't be delivered is a warning in words, never an error: a backup that was made isn't a failed one because
/// nobody could be told.
public struct ReportDelivery: Sendable {
  private let metrics: MetricsDeclaration
  private let notifications: [NotificationDeclaration]
  private let http: any HTTPSending
  private let commands: any CommandRunning

  /// Prepares delivery to what a configuration declares.
  public init(_ configuration: Configuration?, commands: any CommandRunning = HostCommands()) {
    metrics = configuration?.metrics ?? MetricsDeclaration()
    notifications = configuration?.notifications ?? []
    self.commands = commands
    http = CurlSender(commands: commands)
  }

  /// Whether metrics go anywhere.
  public var writesMetrics: Bool { metrics.textfile != nil || metrics.pushgateway != nil }
  /// Whether anybody is told of anything.
  public var tellsAnybody: Bool { !notifications.isEmpty }

  /// Writes the metrics of a report to every destination.
  ///
  /// - Returns: the warnings.
  public func writeMetrics(_ report: HostReport) async -> [String] {
    guard writesMetrics else { return [] }
    let page = MetricsText(report)
    var warnings: [ReportingError] = []
    do {
      if let path = metrics.textfile, let warning = await (try MetricsFile(path: path)).write(page) {
        warnings.append(warning)
      }
      if let declared = metrics.pushgateway {
        let target = try PushgatewayTarget(
          address: .literal(try WebAddress(declared.url)), job: declared.job,
          labels: [try .init(name: "instance", value: report.host)], headerFile: declared.headerFile)
        if let warning = await Pushgateway(http: http).push(page, to: target) { warnings.append(warning) }
      }
    } catch {
      return warnings.map(\.description) + ["\(error)"]
    }
    return warnings.map(\.description)
  }

  /// Pings the dead-man switches that watch a schedule.
  ///
  /// - Returns: the warnings.
  public func ping(_ event: DeadManEvent, schedule: String, summary: String) async -> [String] {
    var warnings: [String] = []
    for declaration in notifications where declaration.concerns(schedule) {
      guard case .ping(let url) = declaration.target else { continue }
      do {
        let target = DeadManTarget(base: .literal(try WebAddress(url)))
        if let warning = await DeadManPing(http: http).send(event, summary: summary, to: target) {
          warnings.append("\(declaration.name): \(warning)")
        }
      } catch {
        warnings.append("\(declaration.name): \(error)")
      }
    }
    return warnings
  }

  /// Tells everybody who wants to know it that the state of a schedule has changed, each once.
  ///
  /// What was announced is remembered for each target by itself: one that couldn't be reached is tried again after the
  /// next run, and the others aren't told twice.
  /// - Returns: the warnings.
  /// - Throws: `CatalogError`.
  public func announce(
    _ run: ScheduleRunState, of schedule: String, in report: HostReport, book: AnnouncementBook
  ) async throws -> [String] {
    guard let state = NotificationState(run) else { return [] }
    var warnings: [String] = []
    for declaration in notifications where declaration.concerns(schedule) {
      guard let target = declaration.notificationTarget(&warnings) else { continue }
      let last = try book.last(to: declaration.name, about: schedule)
      let previous = last.flatMap { NotificationState(rawValue: $0.state) }
      let rule = AnnouncementRule(announcesDegraded: declaration.events.contains(.degraded))
      let (announcement, remembered) = rule.decide(previous: previous, new: state)
      guard remembered != previous,
        try book.replace(last?.state, with: remembered.rawValue, to: declaration.name, about: schedule)
      else { continue }
      guard let announcement, declaration.wants(announcement) else { continue }
      let message = NotificationMessage(
        announcement, state: state, previous: previous, schedule: schedule, report: report)
      let outcome = await NotificationDelivery(http: http, commands: commands).deliver(message, to: [target])
      warnings += outcome.warnings.map(\.description)
      if !outcome.isAnnounced {
        // Given back, so that the next run tries again.
        _ = try book.replace(remembered.rawValue, with: last?.state, to: declaration.name, about: schedule)
      }
    }
    return warnings
  }
}

extension NotificationDeclaration {
  fileprivate func concerns(_ schedule: String) -> Bool { schedules?.contains(schedule) ?? true }

  fileprivate func wants(_ announcement: BackupReporting.Announcement) -> Bool {
    switch announcement {
    case .failed: events.contains(.failed)
    case .degraded: events.contains(.degraded)
    case .recovered: events.contains(.recovered)
    }
  }

  /// The target as the reporting has it; nil for a dead-man switch, and for one that can't be, which is a warning.
  fileprivate func notificationTarget(_ warnings: inout [String]) -> NotificationTarget? {
    do throws(ReportingError) {
      switch target {
      case .webhook(let url, let headerFile):
        return NotificationTarget(
          name: name,
          channel: .webhook(WebhookTarget(address: .literal(try WebAddress(url)), headerFile: headerFile)))
      case .ntfy(let url, let priority, let tags, let headerFile):
        return NotificationTarget(
          name: name,
          channel: .ntfy(
            NtfyTarget(
              address: .literal(try WebAddress(url)), priority: priority, tags: tags, headerFile: headerFile)))
      case .mail(let recipients, let sender):
        return NotificationTarget(name: name, channel: .mail(try MailTarget(recipients: recipients, sender: sender)))
      case .command(let arguments):
        return NotificationTarget(name: name, channel: .command(try CommandTarget(arguments: arguments)))
      case .ping: return nil
      }
    } catch {
      warnings.append("\(name): \(error)")
      return nil
    }
  }
}
