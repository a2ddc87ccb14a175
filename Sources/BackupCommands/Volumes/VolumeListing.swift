import BackupEngine
import BackupModel

/// Thin volumes as `volumes list` prints them.
struct VolumeListing: Encodable {
  struct Snapshot: Encodable {
    let name: String
    let created: Timestamp
    let exclusiveBytes: ByteCount?
    let base: Bool
  }

  struct Volume: Encodable {
    let volume: String
    let pool: String
    let claim: String?
    let sizeBytes: ByteCount
    let mappedBytes: ByteCount?
    let exclusiveBytes: ByteCount?
    let encrypted: Bool?
    let snapshots: [Snapshot]
    let newestPoint: Timestamp?
    let state: CoverageRow.State?
    let source: String?
    let selection: String?
    let reason: String?
    let note: String?

    init(_ row: VolumeRow) {
      let volume = row.facts.volume
      let coverage = row.coverage.map(CoverageRow.init)
      self.volume = row.name
      pool = volume.pool
      claim = volume.claim?.description
      sizeBytes = volume.size
      mappedBytes = row.facts.mapped
      exclusiveBytes = row.exclusive
      encrypted = row.facts.isEncrypted
      snapshots = row.facts.snapshots.sorted { $0.created > $1.created }.map {
        Snapshot(name: $0.name, created: $0.created, exclusiveBytes: $0.exclusive, base: $0.isBase)
      }
      newestPoint = row.newestPoint
      state = coverage?.state
      source = coverage?.source
      selection = coverage?.selection
      reason = coverage?.reason
      note = coverage?.note
    }
  }

  let volumes: [Volume]
  /// What couldn't be looked at.
  let problems: [String]

  init(_ rows: [VolumeRow], problems: [String] = []) {
    volumes = rows.map(Volume.init)
    self.problems = problems
  }

  /// The table of some rows; sizes that aren't known are `?`.
  static func lines(_ rows: [VolumeRow], now: Timestamp) -> [String] {
    var table = TextTable([
      ("VOLUME", .left), ("CLAIM", .left), ("SIZE", .right), ("MAPPED", .right), ("SNAPSHOTS", .right),
      ("COST", .right), ("LUKS", .left), ("SNAPSHOT", .right), ("POINT", .right), ("COVERED BY", .left),
    ])
    for row in rows {
      let volume = row.facts.volume
      let snapshots = row.facts.snapshots
      table.add([
        row.name, volume.claim?.description ?? "-", volume.size.description, row.facts.mapped?.description ?? "?",
        String(snapshots.count), snapshots.isEmpty ? "-" : row.exclusive?.description ?? "?",
        row.facts.isEncrypted.map { $0 ? "yes" : "no" } ?? "?",
        row.newestSnapshot.map { AgeText.of($0.created, now: now) } ?? "-",
        row.newestPoint.map { AgeText.of($0, now: now) } ?? "never", covered(row.coverage),
      ])
    }
    return table.lines
  }

  private static func covered(_ item: CoverageSurvey.Item?) -> String {
    guard let item else { return "no declaration names its pool" }
    switch item.protection {
    case .protected: return item.selection ?? "-"
    case .excluded(let reason): return "excluded: \(reason)"
    case .uncovered: return "UNCOVERED"
    case .unknown: return "unknown"
    }
  }
}
