import BackupCatalog
import BackupEngine
import BackupModel

/// How runs are shown.
enum RunText {
  /// How long a run took; a dash while it goes on.
  static func duration(_ run: RunRecord) -> String {
    run.ended.map { DurationText.of(seconds: $0.secondsSince(run.begun)) } ?? "-"
  }

  /// The state in a word; a run whose process is gone is called dead before its next run notes it.
  static func state(_ run: RunRecord) -> String { run.effectiveState.rawValue }
}

/// A run as JSON.
struct RunDocument: Encodable {
  let id: String
  let schedule: String
  let scheduleFile: String
  let state: String
  let begun: Timestamp
  let ended: Timestamp?
  let message: String
  let resumedFrom: String?
  let process: Int32
  let host: String
  let tool: String
  let repository: String?

  init(_ run: RunRecord) {
    id = run.id.description
    schedule = run.schedule
    scheduleFile = run.scheduleFile
    state = RunText.state(run)
    begun = run.begun
    ended = run.ended
    message = run.message
    resumedFrom = run.resumedFrom?.description
    process = run.process.pid
    host = run.host
    tool = run.tool
    repository = run.repository
  }
}
