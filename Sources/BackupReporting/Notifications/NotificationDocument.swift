import BackupModel
import FoundationEssentials

/// The JSON that webhooks and commands get; `docs/monitoring.md` describes it.
struct NotificationDocument: Encodable {
  struct Item: Encodable {
    let kind: Concern.Kind
    let subject: String
    let severity: String
    let text: String
    let hint: String
  }

  let schemaVersion = 1
  let event: Announcement
  let host: String
  let schedule: String?
  let time: Timestamp
  let state: NotificationState
  let previousState: NotificationState?
  let title: String
  let concerns: [Item]

  init(_ notification: NotificationMessage) {
    event = notification.announcement
    host = notification.host
    schedule = notification.schedule
    time = notification.time
    state = notification.state
    previousState = notification.previous
    title = notification.title
    concerns = notification.concerns.map {
      Item(kind: $0.kind, subject: $0.subject, severity: $0.severity.word, text: $0.text, hint: $0.hint)
    }
  }

  /// One line of JSON with sorted keys.
  func text() throws(ReportingError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    } catch {
      throw ReportingError(.request, "cannot make the JSON of a notification", cause: "\(error)")
    }
  }
}
