import BackupModel
import BackupRepository

/// A source as `points` lists it, with its newest point.
struct SourceRow: Encodable {
  let source: SourceID
  let points: Int
  let newest: RecoveryPointID?
  let begun: Timestamp?
  /// The state of the newest point; nil if there is none.
  let state: PointState?
  let statistics: RecoveryPoint.Statistics?
  let packBytes: ByteCount

  /// - Parameter point: reads a point; nil if it is damaged.
  init(_ store: SourceStore, point read: (RecoveryPointID, SourceStore) throws -> RecoveryPoint?) throws {
    let ids = try store.pointIDs()
    let document = try ids.last.flatMap { try read($0, store) }
    source = store.source
    points = ids.count
    newest = ids.last
    begun = document?.begun ?? ids.last?.begun
    let isPartial = try ids.last.map { try store.partialPoints().contains($0) } ?? false
    state = ids.isEmpty ? nil : document.map { PointState($0, isPartial: isPartial) } ?? .damaged
    statistics = document?.statistics
    packBytes = try store.packBytes()
  }

  /// The table of some sources; nothing if there are none.
  static func lines(_ rows: [SourceRow], now: Timestamp) -> [String] {
    if rows.isEmpty { return [] }
    var table = TextTable([
      ("SOURCE", .left), ("POINTS", .right), ("NEWEST", .left), ("AGE", .right), ("ENTRIES", .right),
      ("BYTES", .right), ("PACKS", .right), ("STATE", .left),
    ])
    for row in rows {
      table.add([
        row.source.typedName, String(row.points), row.newest?.description ?? "-",
        row.begun.map { AgeText.of($0, now: now) } ?? "-", row.statistics.map { String($0.entries) } ?? "-",
        row.statistics.map { ByteCount($0.bytes).description } ?? "-", row.packBytes.description,
        row.state?.rawValue ?? "unfinished",
      ])
    }
    return table.lines
  }
}

extension SourceID {
  /// The name as it is typed: trees need no kind in front.
  var typedName: String { kind == .tree ? name : description }
}
