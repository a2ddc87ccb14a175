import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Looks at services for the commands that show them.
struct ServiceLooking {
  let survey: ServiceSurvey
  let now: Timestamp
  private let earlier: [RestoreRecord]

  init(_ repository: RepositoryOptions, _ state: StateOptions) throws {
    let configuration = try repository.configuration()
    survey = try ServiceSurvey(configuration, in: try repository.open(configuration))
    earlier = try RestoreJournal.openForReading(state: try state.directory(configuration))?.records() ?? []
    now = CommandEnvironment.current.clock.now()
  }

  /// Reports on a service.
  func report(_ service: Service) throws -> ServiceReport { try survey.report(on: service, earlier: earlier, now: now) }

  /// Says what isn't as the configuration means it, and ends with the code that fits.
  func end(_ reports: [ServiceReport]) throws {
    for problem in survey.directory.problems { CommandEnvironment.current.messages.line("warning: \(problem)") }
    if reports.contains(where: { $0.rpo == .missed || $0.rto == .missed }) { throw ExitWith(status: .objectiveMissed) }
    if !survey.directory.problems.isEmpty { throw ExitWith(status: .degraded) }
  }
}

/// A service as JSON.
struct ServiceDocument: Encodable {
  struct Source: Encodable {
    let source: SourceID
    let newest: RecoveryPointID?
    let maximumAgeSeconds: Int64?
    let lastDrilled: Timestamp?
    let drillResult: Attestation.Result?
    let lastVerified: Timestamp?
    let expectedSeconds: Double?
    let path: String?
  }

  let service: String
  let isDeclared: Bool
  let order: Int
  let newest: RecoveryPointID?
  let rpoSeconds: Int64?
  let rpo: ServiceReport.Verdict?
  let rtoSeconds: Int64?
  let rto: ServiceReport.Verdict?
  let expectedSeconds: Double?
  let sources: [Source]
  /// What drills have look at its sources; nil for what they do unless they are told.
  let probes: [String]?
  /// What a restore in place stops besides what uses the volumes' claims.
  let workloads: [String]

  init(_ report: ServiceReport) {
    let promises = report.service.objectives
    service = report.service.name
    isDeclared = report.service.isDeclared
    order = report.service.order
    newest = report.newest
    rpoSeconds = promises.rpo?.components.seconds
    rpo = report.rpo
    rtoSeconds = promises.rto?.components.seconds
    rto = report.rto
    expectedSeconds = report.expectedSeconds
    probes = report.service.probes?.map(\.name)
    workloads = report.service.workloads.map(\.description)
    sources = report.sources.map { source in
      Source(
        source: source.id, newest: source.newest, maximumAgeSeconds: source.maximumAge?.components.seconds,
        lastDrilled: source.lastDrilled, drillResult: source.drillResult, lastVerified: source.lastVerified,
        expectedSeconds: source.expectedSeconds, path: source.path)
    }
  }
}
