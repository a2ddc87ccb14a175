import BackupEngine

/// Something that exists and what protects it, as `coverage` lists it.
struct CoverageRow: Encodable {
  /// How it is protected, in a word.
  enum State: String, Encodable {
    case protected, excluded, uncovered, unknown
  }

  let kind: String
  let path: String
  let claim: String?
  let state: State
  let source: String?
  let selection: String?
  let reason: String?
  let note: String?
  private let title: String

  enum CodingKeys: String, CodingKey {
    case kind, path, claim, state, source, selection, reason, note
  }

  init(_ item: CoverageSurvey.Item) {
    kind = item.kind.rawValue
    path = item.path
    claim = item.claim?.description
    selection = item.selection
    note = item.note
    title = item.title
    switch item.protection {
    case .protected(let id): (state, source, reason) = (.protected, id.description, nil)
    case .excluded(let why): (state, source, reason) = (.excluded, nil, why)
    case .uncovered: (state, source, reason) = (.uncovered, nil, nil)
    case .unknown: (state, source, reason) = (.unknown, nil, nil)
    }
  }

  /// The table of some rows.
  static func lines(_ rows: [CoverageRow]) -> [String] {
    var table = TextTable([("PATH", .left), ("STATE", .left), ("BY", .left)])
    for row in rows {
      let source = row.source.map { source in row.selection.map { "\(source) of `\($0)`" } ?? source }
      table.add([row.title, row.state.rawValue, source ?? row.reason ?? row.note ?? "-"])
    }
    return table.lines
  }
}
