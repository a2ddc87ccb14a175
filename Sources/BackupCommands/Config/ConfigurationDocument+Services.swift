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

    init(_ service: ServiceDeclaration) {
      name = service.name
      sources = service.sources.map(\.text)
      order = service.order
      let promises = service.objectives
      objectives =
        promises == ServiceObjectives()
        ? nil : Objectives(rpo: promises.rpo?.policyText, rto: promises.rto?.policyText)
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
