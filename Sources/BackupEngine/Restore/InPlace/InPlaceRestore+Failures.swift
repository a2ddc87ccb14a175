import BackupModel
import HostSystem
import VolumeSnapshots

extension InPlaceRestore {
  /// A failure after which a restore can go on, or be taken back.
  func unfinished(_ record: RestoreRecord, _ error: some Failure) -> EngineError {
    let what = record.parts.contains { $0.wasLive } ? "" : "nothing was replaced; "
    let advice = (error as? VolumeError)?.hint
    return EngineError(
      .restoreFailed, error.message, cause: error.cause,
      hint: "\(advice.map { "\($0); " } ?? "")\(what)when that is mended, go on with "
        + "`backupctl restore --resume \(record.id)`, or take it back with `backupctl restore --undo \(record.id)`")
  }

  /// What uses the volumes couldn't be stopped, and perhaps not be started again.
  func notStopped(_ record: RestoreRecord, _ error: some Failure, start: (any Error)?) -> EngineError {
    guard let start else {
      var told = unfinished(record, error)
      told = EngineError(
        .restoreFailed, told.message, cause: told.cause,
        hint: ["what was stopped runs again", told.hint].compactMap(\.self).joined(separator: "; "))
      return told
    }
    let commands = (record.workloads ?? []).map { "`\(ClusterWorkloads.handStart($0))`" }.joined(separator: ", ")
    return EngineError(
      .restoreFailed, error.message,
      cause: [error.cause, "and what was stopped couldn't be started again: \(start)"].compactMap(\.self).joined(
        separator: "; "),
      hint: "START IT: \(commands); then go on with `backupctl restore --resume \(record.id)`, or take it back with "
        + "`backupctl restore --undo \(record.id)`")
  }

  static func cannotMakePlace(_ part: RestoreRecord.Part, _ error: SystemError) -> EngineError {
    let live = part.live.bytes.displayedPath
    let beside = isPath(part.place.bytes, atOrBelow: part.live.bytes) ? "in" : "beside"
    let why =
      if error.call == "renameat2" {
        "the file system can't exchange two directories"
      } else if error.isDenied {
        "nothing may be made \(beside) it"
      } else {
        "nothing can be made \(beside) it: \(error.reason)"
      }
    return EngineError(
      .targetUnusable, "cannot restore in place to \(live): \(why)", cause: error.cause,
      hint: error.isDenied && error.call != "renameat2"
        ? "nothing was changed; run it as root" : "nothing was changed; restore beside it with --to DIR")
  }

  func changed(_ record: RestoreRecord, _ part: Int, _ item: Int) -> EngineError {
    let part = record.parts[part]
    if let swap = part.volume?.swap {
      return EngineError(
        .refused,
        "cannot \(record.intent.verb) the restore \(record.id): \(swap.live) is neither what was live before nor what was "
          + "restored",
        hint: "somebody replaced it since; what the restore kept is \(swap.kept), what it made \(swap.beside): "
          + "`lvs -o +lv_tags \(swap.live.group)`")
    }
    let path = part.exchanges[item].path.bytes
    let live = part.live.bytes + (path.isEmpty ? [] : [0x2F] + path)
    return EngineError(
      .refused,
      "cannot \(record.intent.verb) the restore \(record.id): \(live.displayedPath) is neither what was live before nor "
        + "what was restored",
      hint: "somebody replaced it since; what the restore kept is in \(part.place.bytes.displayedPath)/tree")
  }
}

extension RestoreRecord.Intent {
  /// What is done, as a verb for messages.
  var verb: String {
    switch self {
    case .restore: "go on with"
    case .undo: "take back"
    case .forget: "forget"
    }
  }
}

extension RestoreRecord {
  /// That what was wanted is reached, as a clause.
  var reachedText: String {
    switch intent {
    case .restore: "it is finished"
    case .undo: keepsAnything ? "it was taken back" : "it was given up, and nothing of it is left"
    case .forget: "what it kept was removed"
    }
  }
}
