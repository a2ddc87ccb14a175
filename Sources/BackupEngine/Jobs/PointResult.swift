import BackupModel
import BackupRepository
import JobEngine

/// How a task tells later jobs which point it made or looked at.
enum PointResult {
  static let key = "point"
  static let readBytes = "read-bytes"
  static let storedBytes = "stored-bytes"
  static let warnings = "warnings"

  /// What a task that made a point leaves for later jobs and for the journal.
  static func results(of point: RecoveryPoint) -> [String: String] {
    [
      key: point.id.description, readBytes: String(point.statistics.readBytes),
      storedBytes: String(point.statistics.storedBytes), warnings: String(point.warningCount),
    ]
  }

  /// A number that a task left; 0 if it left none.
  static func number(_ text: String?) -> Int64 { text.flatMap(Int64.init) ?? 0 }

  /// The subjects of inputs with usable results, each once, and the point that each one's task made.
  static func subjects(of inputs: [JobInput<SourceID>]) -> [(source: SourceID, point: String?)] {
    var seen: Set<SourceID> = []
    return inputs.compactMap { input in
      seen.insert(input.subject).inserted ? (input.subject, input.results[key]) : nil
    }
  }
}
