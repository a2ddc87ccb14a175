import BackupEngine
import BackupModel
import HostSystem
import VolumeSnapshots

/// A restore in place as `restore list` shows it.
struct RestoreRow: Encodable {
  struct Part: Encodable {
    let source: SourceID
    /// Nil if it is a clone of a snapshot.
    let point: RecoveryPointID?
    let state: RestoreRecord.State
    let tree: String
    let paths: [String]
    /// How many names changed places one after the other; nil if none did so.
    let names: Int?
    /// Source and point, or snapshot.
    let title: String
    /// Whether nothing was there before.
    let replacesNothing: Bool
    /// Where what isn't live is; nil if nothing is kept.
    let kept: String?
    let keptBytes: ByteCount?
    let seconds: Double?
    /// What is or was replaced, as people call it.
    var replaced: String { RestoreRow.replaced(tree, paths) }

    fileprivate let isExported: Bool

    private enum CodingKeys: String, CodingKey {
      case source, point, state, tree, paths, names, title, replacesNothing, kept, keptBytes, seconds
    }
  }

  /// A tree, or the paths in it that are meant, as people call them: only the first of many.
  static func replaced(_ tree: String, _ paths: [String]) -> String {
    guard !paths.isEmpty else { return tree }
    let most = 3
    let more = paths.count > most ? " and \(paths.count - most) more" : ""
    return paths.prefix(most).map { "\(tree)/\($0)" }.joined(separator: ", ") + more
  }

  /// How a restore stands, in one word.
  enum State: String, Encodable {
    case running, unfinished, restored, expired, undone, removed
  }

  let restore: RestoreID
  let name: String
  let state: State
  let begun: Timestamp
  let ended: Timestamp?
  let expires: Timestamp?
  let parts: [Part]
  /// What is stopped for it, with what is needed to start it by hand.
  let workloads: [Workload]
  /// Whether what uses the volumes runs.
  let use: RestoreRecord.Use?

  init(_ record: RestoreRecord, isRunning: Bool, now: Timestamp) {
    restore = record.id
    name = record.name
    begun = record.begun
    ended = record.ended
    expires = record.keepsAnything ? record.expires : nil
    if !record.isReached {
      state = isRunning ? .running : .unfinished
    } else if !record.keepsAnything {
      state = .removed
    } else if record.isExpired(at: now) {
      state = .expired
    } else {
      state = record.intent == .undo ? .undone : .restored
    }
    workloads = record.workloads ?? []
    use = record.use
    parts = record.parts.map { part in
      // Where nothing was replaced, the place is empty until it is taken back.
      let isKept = part.state != .removed && !(part.state == .exchanged && part.replacesNothing)
      return Part(
        source: part.source, point: part.point, state: part.state, tree: part.live.bytes.displayedPath,
        paths: part.paths.map(\.bytes.displayedPath), names: part.root == nil ? nil : part.exchanges.count,
        title: part.title, replacesNothing: part.replacesNothing,
        kept: isKept ? part.kept.displayedPath : nil,
        keptBytes: isKept ? KeptTree.bytes(of: part) : nil, seconds: part.seconds,
        isExported: part.root?.isExported == true)
    }
  }

  /// The table of some restores; nothing if there are none.
  static func lines(_ rows: [RestoreRow]) -> [String] {
    if rows.isEmpty { return [] }
    var table = TextTable([
      ("RESTORE", .left), ("STATE", .left), ("SOURCE", .left), ("POINT", .left), ("TREE", .left), ("KEPT", .right),
      ("UNTIL", .left), ("UNDO", .left),
    ])
    for row in rows {
      for part in row.parts {
        table.add([
          row.restore.description, row.state.rawValue, part.source.typedName, part.point?.description ?? "snapshot",
          part.replaced,
          part.keptBytes?.description ?? "-", row.expires?.description ?? "-", part.kept ?? "-",
        ])
      }
    }
    return table.lines
  }

  /// Prints how a piece of work came out.
  func printResult(_ options: OutputOptions) throws {
    let output = CommandEnvironment.current.output
    if options.json { return output.line(try JSONText.encode(self)) }
    guard !options.quiet else { return }
    for part in parts {
      let (what, live, isOne) = (part.title, part.replaced, part.paths.count < 2)
      switch part.state {
      case .exchanged where part.replacesNothing:
        output.line("\(what) is live in \(live); nothing was there before")
      case .undone where part.replacesNothing:
        output.line(
          "\(live) \(isOne ? "is" : "are") gone again, as before; what \(what) had made of it is in \(part.kept ?? "-")"
        )
      case .exchanged: output.line("\(what) is live in \(live); what was there is in \(part.kept ?? "-")")
      case .undone:
        output.line(
          "\(live) \(isOne ? "is as it was" : "are as they were"); what \(what) had made of it is in \(part.kept ?? "-")"
        )
      case .removed: output.line("\(what): nothing is kept any more")
      default: output.line("\(what): \(part.state.rawValue)")
      }
      if part.isExported, part.state == .exchanged || part.state == .undone {
        output.line(
          "NFS clients see it in \(live) without mounting anew, but go on with what was there before in files that they hold open"
        )
      }
    }
    switch state {
    case .restored, .expired:
      output.line(
        "take it back: `backupctl restore --undo \(restore)`; free the space, after \(expires?.description ?? "that"): "
          + "`backupctl restore --forget \(restore)`")
    case .undone: output.line("free the space: `backupctl restore --forget \(restore)`")
    default: break
    }
  }
}
