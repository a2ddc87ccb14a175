import BackupModel
import BackupRepository
import JobEngine

extension TaskOutcome {
  private static let listedWarnings = 10

  /// What the task that made a point tells: degraded if something isn't as it should be.
  init(of point: RecoveryPoint) {
    let statistics = point.statistics
    var message = point.source.kind == .stream ? "\(point.id): " : "\(point.id): \(statistics.entries) entries, "
    message += "\(ByteCount(statistics.bytes)), stored \(ByteCount(statistics.storedBytes))"
    message += point.volume?.readingText ?? ""
    if !point.suspicious.isEmpty { message += "; suspicious: \(point.suspicious.joined(separator: ", "))" }
    if point.warningCount > 0 { message += "; \(point.warningCount) warnings" }
    var details = point.warnings.prefix(Self.listedWarnings).map { "\($0.path): \($0.problem)" }
    if point.warningCount > details.count {
      let name = point.source.kind == .tree ? point.source.name : point.source.description
      details.append("… \(point.warningCount - details.count) more: backupctl show \(name)@\(point.id)")
    }
    self.init(
      point.state == .complete && point.suspicious.isEmpty ? .succeeded : .degraded, message: message,
      details: details, results: PointResult.results(of: point))
  }
}
