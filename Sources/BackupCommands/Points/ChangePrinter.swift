import BackupEngine
import BackupModel
import BackupRepository
import HostSystem

/// Prints the changes that `diff` finds, and counts them.
struct ChangePrinter {
  /// A change as a line of JSON.
  private struct Document: Encodable {
    let change: String
    let path: String
    let pathBytes: String?
    let aspects: [EntryChange.Aspect]?
    let old: EntryDocument?
    let new: EntryDocument?
  }

  private let options: OutputOptions
  private let isTotalOnly: Bool
  private let output = CommandEnvironment.current.output
  private(set) var totals = ChangeTotals()

  /// - Parameter isTotalOnly: whether only the totals are printed.
  init(_ options: OutputOptions, isTotalOnly: Bool) {
    self.options = options
    self.isTotalOnly = isTotalOnly
  }

  /// Prints and counts a change.
  ///
  /// - Returns: false if nobody reads any more.
  mutating func print(_ change: EntryChange) throws -> Bool {
    totals.add(change)
    if isTotalOnly { return true }
    output.line(options.json ? try JSONText.line(Self.document(change)) : Self.line(change))
    return !output.hasNoReader
  }

  /// Prints the totals if they were asked for.
  func finish() throws {
    guard isTotalOnly else { return }
    if options.json { return output.line(try JSONText.encode(totals)) }
    for line in totals.lines { output.line(line) }
  }

  /// A change as a line for people.
  static func line(_ change: EntryChange) -> String {
    let path = change.path.displayedPath
    switch change.kind {
    case .added: return "+ \(path)\(change.new?.kind == .directory ? "/" : "")"
    case .removed: return "- \(path)\(change.old?.kind == .directory ? "/" : "")"
    case .modified(let aspects): return "M \(path) (\(aspects.map(\.rawValue).joined(separator: ", ")))"
    case .retyped: return "T \(path) (\(change.old?.kind.word ?? "?") → \(change.new?.kind.word ?? "?"))"
    }
  }

  private static func document(_ change: EntryChange) -> Document {
    let word: String
    var aspects: [EntryChange.Aspect]?
    switch change.kind {
    case .added: word = "added"
    case .removed: word = "removed"
    case .retyped: word = "retyped"
    case .modified(let list):
      word = "modified"
      aspects = list
    }
    return Document(
      change: word, path: change.path.displayedPath, pathBytes: change.path.bytesIfNotText, aspects: aspects,
      old: change.old.map(EntryDocument.init), new: change.new.map(EntryDocument.init))
  }
}
