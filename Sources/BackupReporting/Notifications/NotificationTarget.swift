/// Somebody who is told of announcements.
public struct NotificationTarget: Hashable, Sendable {
  /// How they are told.
  public enum Channel: Hashable, Sendable {
    /// JSON by HTTP.
    case webhook(WebhookTarget)
    /// Plain text by HTTP, as ntfy takes it.
    case ntfy(NtfyTarget)
    /// A mail.
    case mail(MailTarget)
    /// A program.
    case command(CommandTarget)
  }

  /// The name in the configuration, for warnings.
  public let name: String
  /// How they are told.
  public let channel: Channel
  /// How long that may take.
  public let timeLimit: Duration

  /// Makes a target.
  public init(name: String, channel: Channel, timeLimit: Duration = .seconds(30)) {
    self.name = name
    self.channel = channel
    self.timeLimit = timeLimit
  }
}
