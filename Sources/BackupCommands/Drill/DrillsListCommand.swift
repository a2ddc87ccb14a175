import ArgumentParser
import BackupEngine
import BackupModel
import BackupRepository
import HostSystem

/// Lists the last drill of each source.
struct DrillsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the last drill of each source, those drilled longest ago or never first.",
    discussion: """
      RTO is how long restoring took, RPO how old the data were.

      EXAMPLES:
        backupctl drills list
        backupctl drills list nfs --json

      \(ExitStatus.help([.ok, .failed, .noRepository, .formatTooNew, .usage]))
      """)

  @Argument(help: ArgumentHelp("Names of sources. Default: all.", valueName: "name"))
  var names: [String] = []

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  private struct Row: Encodable {
    let source: SourceID
    let drilled: Timestamp?
    let point: RecoveryPointID?
    let result: Attestation.Result?
    let restoreSeconds: Double?
    let ageSeconds: Int64?
    let bytes: Int64?
    let probes: [Attestation.Probe]
    let damage: [String]

    init(_ history: DrillHistory) {
      source = history.source
      drilled = history.last?.at
      point = history.last?.point
      result = history.last?.result
      restoreSeconds = history.last?.restoreSeconds
      ageSeconds = history.last?.ageSeconds
      bytes = history.last?.bytes
      probes = history.last?.probes ?? []
      damage = history.last?.damage ?? []
    }
  }

  func run() throws {
    let environment = CommandEnvironment.current
    let opened = try repository.open()
    let rows = try DrillHistory.all(of: SourceArguments.sources(names, in: opened), in: opened).map(Row.init)
    if output.json {
      environment.output.line(try JSONText.encode(rows))
      return
    }
    let now = environment.clock.now()
    var table = TextTable([
      ("SOURCE", .left), ("DRILLED", .right), ("RESULT", .left), ("POINT", .left), ("RTO", .right), ("RPO", .right),
      ("PROBES", .left),
    ])
    for row in rows {
      table.add([
        row.source.description, row.drilled.map { AgeText.of($0, now: now) } ?? "never", row.result?.rawValue ?? "-",
        row.point?.description ?? "-", row.restoreSeconds.map { DurationText.of(seconds: $0) } ?? "-",
        row.ageSeconds.map { DurationText.of(seconds: Double($0)) } ?? "-", DrillReport.text(of: row.probes),
      ])
    }
    for line in table.lines { environment.output.line(line) }
    guard output.verbose else { return }
    for row in rows { for damage in row.damage { environment.output.line("damage: \(damage)") } }
  }
}
