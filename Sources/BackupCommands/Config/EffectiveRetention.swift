import BackupModel
import BackupPolicy

/// Which keep rules apply to the sources of a host, as JSON.
struct EffectiveRetention: Encodable {
  let sources: [EffectiveRetentionRow]
  /// Rules that apply to nothing.
  let problems: [String]
}

/// Which keep rules apply to a source.
struct EffectiveRetentionRow: Encodable {
  /// Where rules come from.
  struct Origin: Encodable {
    /// `source`, `service` or `configuration`.
    let kind: String
    /// The pattern of the source, or the service.
    let name: String?
    let file: String?
    let line: Int?
  }

  let source: SourceID
  /// Nil if nothing of the source is forgotten.
  let keep: KeepDocument?
  let from: Origin?
  private let rules: EffectiveRules?

  private enum CodingKeys: String, CodingKey {
    case source, keep, from
  }

  init(_ source: SourceID, _ rules: EffectiveRules?) {
    self.source = source
    self.rules = rules
    keep = rules.map { KeepDocument($0.keep) }
    from = rules.map { rules in
      let (kind, name): (String, String?) =
        switch rules.origin {
        case .commandLine: ("command-line", nil)
        case .source(let pattern): ("source", pattern)
        case .service(let name): ("service", name)
        case .job(let name): ("job", name)
        case .configuration: ("configuration", nil)
        }
      return Origin(kind: kind, name: name, file: rules.location?.file, line: rules.location?.line)
    }
  }

  var keepText: String { rules?.keep.description ?? "everything" }
  var fromText: String { rules?.originText ?? "-" }
}

/// Keep rules as JSON: the keys of the YAML, counts as numbers, lengths of time as text.
struct KeepDocument: Encodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private let keep: KeepRules

  init(_ keep: KeepRules) { self.keep = keep }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for (key, value) in keep.parts {
      if let count = Int(value) {
        try container.encode(count, forKey: Key(stringValue: key))
      } else {
        try container.encode(value, forKey: Key(stringValue: key))
      }
    }
  }
}
