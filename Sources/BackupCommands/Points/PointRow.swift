import BackupModel
import BackupRepository

/// A point as `points NAME` lists it.
struct PointRow: Encodable {
  let source: SourceID?
  let point: RecoveryPointID
  let begun: Timestamp
  let state: PointState?
  let suspicious: [String]?
  let warningCount: Int?
  let statistics: RecoveryPoint.Statistics?
  let seconds: Double?

  /// - Parameters:
  ///   - document: nil if the point can't be read.
  ///   - isPartial: whether something of it is known to be lost.
  init(_ id: RecoveryPointID, _ document: RecoveryPoint?, isPartial: Bool, of source: SourceID? = nil) {
    self.source = source
    point = id
    begun = document?.begun ?? id.begun
    state = document.map { PointState($0, isPartial: isPartial) } ?? .damaged
    suspicious = document?.suspicious
    warningCount = document?.warningCount
    statistics = document?.statistics
    seconds = document.map { $0.ended.secondsSince($0.begun) }
  }

  /// The table of some points; nothing if there are none.
  static func lines(_ rows: [PointRow], now: Timestamp) -> [String] {
    if rows.isEmpty { return [] }
    var table = TextTable([
      ("POINT", .left), ("AGE", .right), ("STATE", .left), ("ENTRIES", .right), ("BYTES", .right), ("NEW", .right),
      ("STORED", .right), ("TIME", .right),
    ])
    for row in rows {
      func bytes(_ number: Int64?) -> String { number.map { ByteCount($0).description } ?? "-" }
      table.add([
        row.point.description, AgeText.of(row.begun, now: now), row.state?.rawValue ?? "",
        row.statistics.map { String($0.entries) } ?? "-", bytes(row.statistics?.bytes),
        bytes(row.statistics?.newBytes), bytes(row.statistics?.storedBytes),
        row.seconds.map(DurationText.of(seconds:)) ?? "-",
      ])
    }
    return table.lines
  }
}
