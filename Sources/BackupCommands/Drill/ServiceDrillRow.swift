import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// What drills have shown of a service, as a line of a table or JSON.
struct ServiceDrillRow: Encodable {
  let service: String
  let sources: [SourceID]
  let drilledCount: Int
  let result: Attestation.Result
  let restoreSeconds: Double?
  let rtoSeconds: Int64?
  let rto: ServiceReport.Verdict?
  let ageSeconds: Double?
  let rpoSeconds: Int64?
  let rpo: ServiceReport.Verdict?

  init(_ drill: ServiceDrill) {
    let promises = drill.service.objectives
    service = drill.service.name
    sources = drill.service.sources
    drilledCount = drill.drilledCount
    result = drill.result
    restoreSeconds = drill.restoreSeconds
    rtoSeconds = promises.rto?.components.seconds
    rto = drill.rto
    ageSeconds = drill.ageSeconds
    rpoSeconds = promises.rpo?.components.seconds
    rpo = drill.rpo
  }

  /// The table of some services, after an empty line; nothing if there are none.
  static func lines(_ rows: [ServiceDrillRow]) -> [String] {
    if rows.isEmpty { return [] }
    var table = TextTable([
      ("SERVICE", .left), ("DRILLED", .right), ("RTO", .right), ("PROMISED", .left), ("RPO", .right),
      ("PROMISED", .left), ("RESULT", .left),
    ])
    for row in rows {
      table.add([
        row.service, "\(row.drilledCount) of \(row.sources.count)",
        row.restoreSeconds.map(DurationText.of(seconds:)) ?? "unknown", promise(row.rtoSeconds, row.rto),
        row.ageSeconds.map(DurationText.of(seconds:)) ?? "unknown", promise(row.rpoSeconds, row.rpo),
        row.result.rawValue,
      ])
    }
    return [""] + table.lines
  }

  private static func promise(_ limit: Int64?, _ verdict: ServiceReport.Verdict?) -> String {
    guard let verdict else { return "-" }
    return (limit.map { "\(Duration.seconds($0).policyText): " } ?? "") + verdict.rawValue
  }
}

/// A line of the JSON of drills: one of a source, or, after those, one of a service.
enum DrillDocument<Source: Encodable>: Encodable {
  case source(Source)
  case service(ServiceDrillRow)

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .source(let source): try source.encode(to: encoder)
    case .service(let service): try service.encode(to: encoder)
    }
  }
}
