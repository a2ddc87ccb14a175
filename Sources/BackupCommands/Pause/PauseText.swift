import BackupCatalog
import BackupModel

/// What is said of a pause.
enum PauseText {
  /// The pause in one line.
  static func line(_ pause: Pause) -> String {
    "paused until \(pause.until) by \(pause.who) since \(pause.since): \(pause.reason)"
  }

  /// Why a run isn't begun.
  static func refusal(_ schedule: String, _ pause: Pause) -> String {
    "not run: \(schedule) is \(line(pause)); run it all the same with `--even-if-paused`, or `backupctl unpause`"
  }
}

/// A pause as JSON.
struct PauseDocument: Encodable {
  let since: Timestamp
  let until: Timestamp
  let reason: String
  let who: String

  init(_ pause: Pause) {
    since = pause.since
    until = pause.until
    reason = pause.reason
    who = pause.who
  }
}
