import BackupEngine
import BackupModel
import BackupRepository

/// How many entries and bytes differ.
struct ChangeTotals: Encodable {
  /// Entries of one sort of change.
  struct Sum: Encodable {
    var entries = 0
    /// Bytes of files: those of the newer state, of removed ones the older.
    var bytes: Int64 = 0
  }

  private(set) var added = Sum()
  private(set) var removed = Sum()
  /// Entries with other content; their bytes are those of the whole files.
  private(set) var content = Sum()
  /// Entries with the same content and other metadata.
  private(set) var metadata = Sum()
  private(set) var retyped = Sum()

  /// All changes.
  var changes: Int { [added, removed, content, metadata, retyped].reduce(0) { $0 + $1.entries } }

  mutating func add(_ change: EntryChange) {
    switch change.kind {
    case .added: Self.count(change.new, &added)
    case .removed: Self.count(change.old, &removed)
    case .retyped: Self.count(change.new, &retyped)
    case .modified(let aspects):
      if aspects.contains(.content) {
        Self.count(change.new, &content)
      } else {
        Self.count(change.new, &metadata)
      }
    }
  }

  private static func count(_ entry: IndexEntry?, _ sum: inout Sum) {
    sum.entries += 1
    if let entry, entry.kind == .file, entry.hardLinkTarget == nil { sum.bytes += entry.size }
  }

  /// The totals as a table.
  var lines: [String] {
    var table = TextTable([("CHANGE", .left), ("ENTRIES", .right), ("BYTES", .right)])
    for (name, sum) in [
      ("added", added), ("removed", removed), ("content", content), ("metadata only", metadata), ("type", retyped),
    ] {
      table.add([name, String(sum.entries), ByteCount(sum.bytes).description])
    }
    return table.lines
  }
}
