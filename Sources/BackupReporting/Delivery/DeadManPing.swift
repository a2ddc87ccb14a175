/// Addresses that a service for dead-man switches watches: it raises the alarm when pings stay out.
public struct DeadManTarget: Hashable, Sendable {
  /// What is pinged when a run begins; nil for no ping.
  public let start: AddressSource?
  /// What is pinged when a run ended well or degraded.
  public let success: AddressSource?
  /// What is pinged when a run failed.
  public let failure: AddressSource?
  /// What is appended to the paths of the three: nothing if each has an address of its own.
  private let suffixes: [DeadManEvent: String]
  /// Whether a line about the run is sent along (`POST`); without it the address is only asked for (`GET`).
  public let sendsSummary: Bool
  /// How long a ping may take.
  public let timeLimit: Duration

  /// One address with the suffixes that healthchecks-style services know: `/start`, nothing for success, `/fail`.
  public init(base: AddressSource, sendsSummary: Bool = true, timeLimit: Duration = .seconds(10)) {
    (start, success, failure) = (base, base, base)
    suffixes = [.start: "/start", .failure: "/fail"]
    self.sendsSummary = sendsSummary
    self.timeLimit = timeLimit
  }

  /// An address of its own for each event; one that is nil isn't pinged.
  public init(
    start: AddressSource?, success: AddressSource?, failure: AddressSource?, sendsSummary: Bool = false,
    timeLimit: Duration = .seconds(10)
  ) {
    (self.start, self.success, self.failure) = (start, success, failure)
    suffixes = [:]
    self.sendsSummary = sendsSummary
    self.timeLimit = timeLimit
  }

  /// Where an event is pinged; nil if it isn't.
  ///
  /// - Throws: ``ReportingError`` if the file with the address can't be read.
  func address(of event: DeadManEvent) throws(ReportingError) -> WebAddress? {
    let source: AddressSource? =
      switch event {
      case .start: start
      case .success: success
      case .failure: failure
      }
    guard let source else { return nil }
    let address = try source.resolve()
    guard let suffix = suffixes[event] else { return address }
    return try address.appendingPath(suffix)
  }
}

/// What a dead-man switch is told.
public enum DeadManEvent: String, Sendable, CaseIterable {
  /// A run begins.
  case start
  /// A run ended well or degraded.
  case success
  /// A run failed.
  case failure

  /// What is told at the end of a run.
  ///
  /// Nothing for one that was interrupted: it neither succeeded nor failed, and if none follows the switch goes off.
  public init?(_ state: ScheduleRunState) {
    switch state {
    case .ok, .degraded: self = .success
    case .failed, .died: self = .failure
    case .running: self = .start
    case .interrupted: return nil
    }
  }
}

/// Pings dead-man switches.
public struct DeadManPing: Sendable {
  private let http: any HTTPSending

  /// Makes a pinger.
  public init(http: any HTTPSending) { self.http = http }

  /// Tells a switch of an event.
  ///
  /// - Parameter summary: a line about the run, sent if the target wants it.
  /// - Returns: the warning if that fails; a run goes on without.
  public func send(_ event: DeadManEvent, summary: String, to target: DeadManTarget) async -> ReportingError? {
    do throws(ReportingError) {
      guard let address = try target.address(of: event) else { return nil }
      let request = HTTPRequest(
        target.sendsSummary ? .post : .get, address, body: target.sendsSummary ? summary : nil,
        timeLimit: target.timeLimit)
      try await http.deliver(request)
      return nil
    } catch {
      return error.prefixed("cannot ping the dead-man switch")
    }
  }
}
