public import HostSystem

/// A program that is told of announcements: JSON on standard input, the main facts in its environment.
public struct CommandTarget: Hashable, Sendable {
  /// The program and its arguments; no shell is involved.
  public let command: ChildCommand

  /// Makes a target.
  ///
  /// - Throws: ``ReportingError`` of the code `target` if there is no program, or an argument holds a NUL.
  public init(arguments: [String]) throws(ReportingError) {
    guard let command = ChildCommand(vector: arguments) else {
      throw ReportingError(.target, "cannot notify by a command: there is no program")
    }
    guard arguments.allSatisfy({ !$0.utf8.contains(0) }) else {
      throw ReportingError(.target, "cannot notify by a command: an argument holds a NUL")
    }
    self.command = command
  }

  /// The program with what it is told.
  func command(_ notification: NotificationMessage) throws(ReportingError) -> ChildCommand {
    var command = command
    command.environment = [
      "BACKUPCTL_EVENT": notification.announcement.rawValue, "BACKUPCTL_STATE": notification.state.rawValue,
      "BACKUPCTL_HOST": notification.host, "BACKUPCTL_SCHEDULE": notification.schedule ?? "",
      "BACKUPCTL_TITLE": notification.title,
    ]
    command.input = Array((try NotificationDocument(notification).text() + "\n").utf8)
    return command
  }
}
