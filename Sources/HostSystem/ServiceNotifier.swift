import CLinux
import Glibc

/// Tells the service manager how a service is doing: the protocol of sd_notify(3).
///
/// Outside of a service, where `NOTIFY_SOCKET` isn't set, it does nothing. A message that can't be sent is dropped:
/// the manager's view must never stop a backup, and what it says is shown elsewhere too.
public struct ServiceNotifier: Sendable {
  private let socket: String?
  /// How often the manager wants to hear from the service; nil if it doesn't watch it.
  public let watchdogInterval: Duration?

  /// Finds the manager by the variables that it sets.
  ///
  /// - Parameter processID: the process that speaks; a watchdog meant for another one is none.
  public init(variables: [String: String], processID: Int32) {
    socket = variables["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
    let isMeant = variables["WATCHDOG_PID"].map { $0 == String(processID) } ?? true
    let microseconds = variables["WATCHDOG_USEC"].flatMap(Int64.init) ?? 0
    watchdogInterval = isMeant && microseconds > 0 ? .microseconds(microseconds) : nil
  }

  /// Whether there is a service manager that listens.
  public var isListenedTo: Bool { socket != nil }

  /// The service is up.
  public func ready() { send("READY=1") }

  /// The service is stopping.
  public func stopping() { send("STOPPING=1") }

  /// The service is alive; to be sent at least once in each watchdog interval.
  public func alive() { send("WATCHDOG=1") }

  /// What the service is at, in one line, as `systemctl status` shows it.
  public func status(_ text: String) {
    send("STATUS=" + text.split(whereSeparator: \.isNewline).joined(separator: " "))
  }

  /// Asks for more time to stop than the unit's `TimeoutStopSec`.
  public func extendTimeout(by duration: Duration) {
    send("EXTEND_TIMEOUT_USEC=\(duration.components.seconds * 1_000_000)")
  }

  private func send(_ message: String) {
    guard let socket else { return }
    let bytes = Array(message.utf8)
    // Nothing to be done if it fails, see above.
    _ = clinux_send_datagram(socket, bytes, bytes.count)
  }
}
