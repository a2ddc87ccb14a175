import BackupPolicy

extension ConfigurationDocument {
  /// A declared service.
  struct Service: Encodable {
    struct Objectives: Encodable {
      let rpo: String?
      let rto: String?
    }

    let name: String
    let sources: [String]
    let order: Int
    let objectives: Objectives?
    let probes: [Probe]?
    let workloads: [String]

    init(_ service: ServiceDeclaration) {
      name = service.name
      sources = service.sources.map(\.text)
      order = service.order
      probes = service.probes?.map(Probe.init(_:))
      workloads = service.workloads.map(\.description)
      let promises = service.objectives
      objectives =
        promises == ServiceObjectives()
        ? nil : Objectives(rpo: promises.rpo?.policyText, rto: promises.rto?.policyText)
    }
  }

  /// A test of restored data.
  struct Probe: Encodable {
    let probe: String
    let timeout: String
    var unchangedFor: String?
    var programs: String?
    var run: [String]?

    enum CodingKeys: String, CodingKey {
      case probe, timeout, programs, run
      case unchangedFor = "unchanged-for"
    }

    init(_ declaration: ProbeDeclaration) {
      probe = declaration.name
      timeout = declaration.timeLimit.policyText
      switch declaration.test {
      case .sqlite, .fileSystem: break
      case .dump(let limit): unchangedFor = limit?.policyText ?? "never"
      case .postgres(let directory): programs = directory
      case .command(let vector): run = vector
      }
    }
  }

  /// How restores in place go about their work.
  struct Restore: Encodable {
    let keepUndo: String

    enum CodingKeys: String, CodingKey {
      case keepUndo = "keep-undo"
    }
  }
}
