import BackupEngine
import BackupModel
import BackupRepository
import HostSystem

/// Tells how drills came out.
struct DrillOutcome {
  private struct Document: Encodable {
    let source: SourceID
    let point: RecoveryPointID
    let result: Attestation.Result
    let entries: Int
    let bytes: ByteCount
    let restoreSeconds: Double
    let ageSeconds: Double
    let probes: [Attestation.Probe]
    let findings: [String]
    let obstacles: [String]
    let notes: [String]

    init(_ report: DrillReport) {
      source = report.source
      point = report.point
      result = report.result
      entries = report.entries
      bytes = report.bytes
      restoreSeconds = report.restoreSeconds
      ageSeconds = report.dataAge.inSeconds
      probes = report.probes.map {
        Attestation.Probe(probe: $0.name, result: $0.result, items: $0.items, seconds: $0.seconds)
      }
      findings = report.findings
      obstacles = report.obstacles
      notes = report.notes
    }
  }

  private let reports: [DrillReport]
  private let services: [ServiceDrill]

  /// - Parameter services: those that were drilled as a whole.
  init(_ reports: [DrillReport], _ services: [ServiceDrill] = []) {
    self.reports = reports
    self.services = services
  }

  /// Prints findings and tables, or JSON; what is promised of a service and missed in any case.
  ///
  /// - Throws: ``ExitWith`` if something isn't as it should be.
  func tell(_ options: OutputOptions) throws {
    let environment = CommandEnvironment.current
    if options.json {
      environment.output.line(
        try JSONText.encode(
          reports.map { DrillDocument.source(Document($0)) } + services.map { .service(ServiceDrillRow($0)) }))
    } else {
      for finding in reports.flatMap(\.findings) { environment.output.line("damage: \(finding)") }
      for obstacle in reports.flatMap(\.obstacles) { environment.messages.line("warning: \(obstacle)") }
      if !options.quiet {
        for note in reports.flatMap({ report in report.notes.map { "\(report.source)@\(report.point): \($0)" } }) {
          environment.messages.line("note: \(note)")
        }
        for line in table.lines + ServiceDrillRow.lines(services.map(ServiceDrillRow.init(_:))) {
          environment.output.line(line)
        }
      }
    }
    for line in services.flatMap(\.missed) { environment.messages.line("warning: \(line)") }
    if let status { throw ExitWith(status: status) }
  }

  private var status: ExitStatus? {
    if reports.contains(where: \.hasFindings) { return .damaged }
    if reports.contains(where: \.lacksTool) { return .toolMissing }
    if services.contains(where: { $0.rpo == .missed || $0.rto == .missed }) { return .objectiveMissed }
    return reports.contains(where: \.hasObstacles) ? .degraded : nil
  }

  private var table: TextTable {
    var table = TextTable([
      ("SOURCE", .left), ("POINT", .left), ("ENTRIES", .right), ("RESTORED", .right), ("RTO", .right), ("RPO", .right),
      ("PROBES", .left), ("RESULT", .left),
    ])
    for report in reports {
      table.add([
        report.source.description, report.point.description, "\(report.entries)", "\(report.bytes)",
        DurationText.of(seconds: report.restoreSeconds), DurationText.of(seconds: report.dataAge.inSeconds),
        report.probeText, report.result.rawValue,
      ])
    }
    return table
  }
}
