import BackupModel
import BackupReporting

/// The exit codes of the program.
enum ExitStatus: Int32, CaseIterable {
  case ok = 0
  case failed = 1
  case degraded = 3
  case noRepository = 10
  case busy = 11
  case formatTooNew = 13
  case damaged = 20
  case snapshotFailed = 30
  case toolMissing = 31
  case objectiveMissed = 40
  case usage = 64

  /// The code for a failure.
  init(_ category: FailureCategory) {
    switch category {
    case .failed: self = .failed
    case .repositoryMissing: self = .noRepository
    case .busy: self = .busy
    case .formatTooNew: self = .formatTooNew
    case .damaged: self = .damaged
    case .snapshotFailed: self = .snapshotFailed
    case .toolMissing: self = .toolMissing
    case .usage: self = .usage
    }
  }

  /// The code for what a host's report concludes.
  init(_ verdict: HostVerdict) {
    switch verdict {
    case .ok: self = .ok
    case .degraded: self = .degraded
    case .failed: self = .failed
    case .objectiveMissed: self = .objectiveMissed
    }
  }

  /// What it means, for `--help` and `docs/exit-codes.md`.
  var meaning: String {
    switch self {
    case .ok: "done, nothing to report"
    case .failed: "failed; standard error says what, why, and what to type next"
    case .degraded: "done, but not everything is as it should be: items that could not be read, a suspicious point"
    case .noRepository: "there is no repository, it is not mounted, or it is another one"
    case .busy: "another process holds the source, runs the schedule or restores to the same tree"
    case .formatTooNew: "the repository was written by a newer version"
    case .damaged: "damage was found in stored data"
    case .snapshotFailed: "a volume snapshot could not be made, read or removed as it should be"
    case .toolMissing: "a program that is needed is not installed"
    case .objectiveMissed:
      "the newest good point of a source is older than its `maximum-age` "
        + "or its service's `rpo` allows, or an `rto` is missed"
    case .usage: "the command line, the configuration or a schedule is wrong; nothing was started"
    }
  }

  /// The lines that end the help of a command.
  static func help(_ codes: [ExitStatus]) -> String {
    "EXIT CODES:\n"
      + codes.map { code in
        let number = String(code.rawValue)
        return "  \(number)\(String(repeating: " ", count: 6 - number.count))\(code.meaning)"
      }.joined(separator: "\n")
  }
}

/// Ends a command with a code other than 0 after it has said everything itself.
struct ExitWith: Error {
  let status: ExitStatus
}
