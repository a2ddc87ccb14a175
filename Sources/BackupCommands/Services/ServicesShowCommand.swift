import ArgumentParser
import BackupEngine
import BackupModel
import BackupRepository
import HostSystem

/// Shows one service.
struct ServicesShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a service: each source with its newest good point, and what is promised.",
    discussion: """
      EXAMPLES:
        backupctl services show immich
        backupctl services show immich --json

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .formatTooNew, .damaged, .objectiveMissed, .usage]))
      """)

  @Argument(help: ArgumentHelp("The service.", valueName: "name"))
  var name: String

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let environment = CommandEnvironment.current
    let looking = try ServiceLooking(repository, state)
    let directory = looking.survey.directory
    guard let service = directory.service(named: name) else {
      throw CommandError(
        .failed, "cannot find the service \(name)",
        hint: nearestName(to: name, among: directory.services.map(\.name)).map { "did you mean `\($0)`?" }
          ?? "list the services with `backupctl services list`")
    }
    let report = try looking.report(service)
    if output.json {
      environment.output.line(try JSONText.encode(ServiceDocument(report)))
    } else {
      for line in lines(report, looking.now) { environment.output.line(line) }
    }
    try looking.end([report])
  }

  /// What is to say of a drill that was no pass.
  private func drillText(_ result: Attestation.Result?) -> String {
    result.map { $0 == .ok ? "" : " \($0.rawValue)" } ?? ""
  }

  private func lines(_ report: ServiceReport, _ now: Timestamp) -> [String] {
    let service = report.service
    func promise(_ what: String, _ verdict: ServiceReport.Verdict?, _ limit: Duration?) -> String? {
      verdict.map { "\(what) \(limit.map { "\($0.policyText): " } ?? "")\($0.rawValue)" }
    }
    let promises = [
      promise("RPO", report.rpo, service.objectives.rpo), promise("RTO", report.rto, service.objectives.rto),
    ].compactMap(\.self)
    var table = TextTable([
      ("SOURCE", .left), ("NEWEST", .left), ("AGE", .right), ("DRILLED", .right), ("VERIFIED", .right),
      ("TIME", .right),
      ("PLACE", .left),
    ])
    for source in report.sources {
      table.add([
        source.id.typedName, source.newest?.description ?? "none",
        source.newest.map { AgeText.of($0.begun, now: now) } ?? "-",
        source.lastDrilled.map { AgeText.of($0, now: now) + drillText(source.drillResult) } ?? "never",
        source.lastVerified.map { AgeText.of($0, now: now) } ?? "never",
        source.expectedSeconds.map(DurationText.of(seconds:)) ?? "unknown", source.path ?? "-",
      ])
    }
    var more: [String] = []
    if let probes = service.probes {
      more.append("probes     \(probes.isEmpty ? "none" : probes.map(\.name).joined(separator: ", "))")
    }
    if !service.workloads.isEmpty {
      more.append("stops      \(service.workloads.map(\.description).joined(separator: ", "))")
    }
    return [
      "service    \(service.name)\(service.isDeclared ? " (of the configuration)" : "")",
      "objectives \(promises.isEmpty ? "none" : promises.joined(separator: ", "))",
    ] + more + [""] + table.lines + ["", "restore it: `backupctl restore \(service.name) --in-place --plan`"]
  }
}
