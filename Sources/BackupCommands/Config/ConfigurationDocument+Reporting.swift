import BackupPolicy

extension ConfigurationDocument {
  /// Where metrics go.
  struct Metrics: Encodable {
    struct Pushgateway: Encodable {
      let url: String
      let job: String
      let headerFile: String?

      enum CodingKeys: String, CodingKey {
        case url, job
        case headerFile = "header-file"
      }
    }

    let textfile: String?
    let pushgateway: Pushgateway?

    init(_ metrics: MetricsDeclaration) {
      textfile = metrics.textfile
      pushgateway = metrics.pushgateway.map { Pushgateway(url: $0.url, job: $0.job, headerFile: $0.headerFile) }
    }
  }

  /// Who is told of what; exactly one target is there.
  struct Notification: Encodable {
    let name: String
    let on: [String]?
    let schedules: [String]?
    var webhook: Request?
    var ntfy: Request?
    var mail: Mail?
    var command: [String]?
    var ping: Request?

    init(_ notification: NotificationDeclaration) {
      name = notification.name
      let events = NotificationDeclaration.Event.allCases.filter(notification.events.contains).map(\.rawValue)
      on = events.isEmpty ? nil : events
      schedules = notification.schedules
      switch notification.target {
      case .webhook(let url, let headerFile): webhook = Request(url: url, headerFile: headerFile)
      case .ntfy(let url, let priority, let tags, let headerFile):
        ntfy = Request(url: url, priority: priority, tags: tags, headerFile: headerFile)
      case .mail(let recipients, let sender): mail = Mail(to: recipients, from: sender)
      case .command(let vector): command = vector
      case .ping(let url): ping = Request(url: url)
      }
    }
  }

  /// A target that is reached by HTTP.
  struct Request: Encodable {
    let url: String
    var priority: Int?
    var tags: [String]?
    var headerFile: String?

    enum CodingKeys: String, CodingKey {
      case url, priority, tags
      case headerFile = "header-file"
    }
  }

  /// A target that is reached by mail.
  struct Mail: Encodable {
    let to: [String]
    let from: String?
  }
}
