import BackupPolicy

extension ConfigurationDocument {
  /// Which points stay.
  struct Retention: Encodable {
    struct Rules: Encodable {
      let keep: KeepDocument
    }

    struct SourceRules: Encodable {
      let match: [String]
      let keep: KeepDocument
    }

    let keep: KeepDocument?
    let services: [String: Rules]?
    let sources: [SourceRules]?

    init(_ declaration: RetentionDeclaration) {
      keep = declaration.keep.map { KeepDocument($0.keep) }
      services =
        declaration.services.isEmpty
        ? nil
        : Dictionary(
          declaration.services.map { ($0.name, Rules(keep: KeepDocument($0.rules.keep))) },
          uniquingKeysWith: { first, _ in first })
      sources =
        declaration.sources.isEmpty
        ? nil
        : declaration.sources.map { SourceRules(match: $0.patterns.map(\.text), keep: KeepDocument($0.rules.keep)) }
    }
  }
}
