import ArgumentParser
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Lists the last drill of each source.
struct DrillsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the last drill of each source, those drilled longest ago or never first.",
    discussion: """
      RTO is how long restoring took, RPO how old the data were. RESULT is `ok`, `damaged`, or `incomplete` if not \
      everything could be looked at, which is no pass; --verbose says what. Services of which something is promised come \
      after the sources: whether their last drills met it.

      EXAMPLES:
        backupctl drills list
        backupctl drills list nfs --json

      \(ExitStatus.help([.ok, .failed, .noRepository, .formatTooNew, .usage]))
      """)

  @Argument(help: ArgumentHelp("Names of sources or services. Default: all.", valueName: "name"))
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
    let obstacles: [String]

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
      obstacles = history.last?.obstacles ?? []
    }
  }

  func run() throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.configuration()
    let opened = try repository.open(configuration)
    let survey = try ServiceSurvey(configuration, in: opened)
    let histories = try DrillHistory.all(
      of: SourceArguments.sources(names, in: opened, services: { survey }), in: opened)
    let rows = histories.map(Row.init)
    let services = try promised(of: histories.map(\.source), survey, opened).map(ServiceDrillRow.init(_:))
    if output.json {
      environment.output.line(
        try JSONText.encode(rows.map { DrillDocument.source($0) } + services.map { .service($0) }))
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
    for line in table.lines + ServiceDrillRow.lines(services) { environment.output.line(line) }
    guard output.verbose else { return }
    for row in rows {
      for damage in row.damage { environment.output.line("damage: \(damage)") }
      for obstacle in row.obstacles { environment.output.line("not looked at: \(obstacle)") }
    }
  }

  /// The services of some sources of which something is promised, by the last drill of each of their sources.
  private func promised(
    of sources: [SourceID], _ survey: ServiceSurvey, _ repository: Repository
  ) throws -> [ServiceDrill] {
    try survey.directory.services.filter { service in
      service.objectives != ServiceObjectives() && !Set(service.sources).isDisjoint(with: sources)
    }.map { service in
      ServiceDrill(
        service,
        try service.sources.map { source in
          var measure = ServiceDrill.Measure(source, maximumAge: survey.maximumAge(of: source))
          if let last = try DrillHistory(of: repository.store(source)).last { measure.take(last) }
          return measure
        })
    }
  }
}
