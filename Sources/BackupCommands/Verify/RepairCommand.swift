import ArgumentParser
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Makes the most of damaged stores.
struct RepairCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair", abstract: "Make the most of what is damaged; only adds to the repository.",
    discussion: """
      Of packs whose tables can't be used, all whole frames are copied into packs with right tables. Chunks that points need and \
      that are in no whole frame of their source are looked for in the trash and in all other sources. Points of which something \
      is lost for good are marked as partial, with the list of it; all else of them restores. Nothing is changed or removed; a \
      pack that was replaced goes with the next prune that finds nothing missing.

      Frames that nobody has read may be damaged without anybody knowing: run `backupctl verify` first. What is still in the live \
      source is stored anew by the next archive.

      EXAMPLES:
        backupctl verify; backupctl repair --dry-run
        backupctl repair nfs/immich
        backupctl show nfs/immich@20261122T050000Z     # what a partial point has lost

      \(ExitStatus.help([.ok, .failed, .noRepository, .busy, .formatTooNew, .damaged, .usage]))
      """)

  @Argument(help: ArgumentHelp("Names of sources or services. Default: all.", valueName: "name"))
  var names: [String] = []

  @Flag(help: "Only show what can't be read and what is missing.")
  var dryRun = false

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.configuration()
    let opened = try repository.open(configuration)
    let sources = try SourceArguments.sources(names, in: opened) { try ServiceSurvey(configuration, in: opened) }
    var rows: [RepairRow] = []
    for source in sources {
      let repair = Repair(
        opened, source, parameters: (configuration?.parameters ?? ArchiveParameters()).ofWriter, tool: toolName,
        clock: environment.clock)
      let report =
        try dryRun
        ? repair.plan(cancellation: environment.cancellation)
        : repair.run(
          try opened.store(source).lock(holder: LockHolder.text, to: "repair"), cancellation: environment.cancellation)
      rows.append(RepairRow(source, report))
    }
    if output.json { environment.output.line(try JSONText.encode(rows)) } else { show(rows) }
    let isWhole = rows.allSatisfy { row in
      row.report.isWhole && (!dryRun || (row.report.unreadable.isEmpty && row.report.missingChunks == 0))
    }
    if !isWhole { throw ExitWith(status: .damaged) }
  }

  private func show(_ rows: [RepairRow]) {
    let environment = CommandEnvironment.current
    for row in rows {
      for line in lines(row) { environment.output.line(line) }
      for obstacle in row.report.obstacles { environment.messages.line("warning: \(obstacle)") }
    }
    guard !output.quiet else { return }
    if rows.allSatisfy({ $0.isEmpty }) {
      environment.messages.line(
        "nothing is to be repaired, as far as is known; `backupctl verify` reads what nobody has read")
    } else if dryRun {
      environment.messages.line("nothing was changed")
    } else if rows.contains(where: { !$0.report.partial.isEmpty }) {
      environment.messages.line("hint: the next archive stores anew what is still in the live source")
    }
  }

  private func lines(_ row: RepairRow) -> [String] {
    let name = row.source.typedName
    let report = row.report
    var lines = report.unreadable.map { pack in
      "\(name): pack \(pack.pack) can't be read; \(dryRun ? "" : "copied ")\(CheckCommand.count(pack.frames, "whole frame")) of it"
        + (pack.isWhole ? ", all there were" : ", \(ByteCount(pack.lostBytes)) are no whole frame")
    }
    if report.missingChunks > 0 {
      lines.append(
        "\(name): \(CheckCommand.count(report.missingChunks, "chunk")) that points need \(report.missingChunks == 1 ? "is" : "are") "
          + (dryRun ? "missing" : "missing, \(report.foundChunks) found elsewhere"))
    }
    lines += report.restored.map { "\(name)@\($0): all is there again" }
    for (point, loss) in report.partial {
      lines.append("\(name)@\(point): partial, lost \(loss.summary)")
      let shown = output.verbose ? loss.paths.count : min(loss.paths.count, Self.firstPaths)
      lines += loss.paths.prefix(shown).map { "  \($0)" } + loss.lostParts.map { "  part of the index: \($0)" }
      if loss.entryCount > shown {
        lines.append("  and \(loss.entryCount - shown) more: backupctl show \(name)@\(point)")
      }
    }
    return lines
  }

  private static let firstPaths = 10
}

/// What was found in a source, and done for it.
private struct RepairRow: Encodable {
  struct Pack: Encodable {
    let pack, why: String
    let wholeFrames: Int
    let lostBytes: Int64
    let isWhole: Bool
  }
  struct Point: Encodable {
    let point: RecoveryPointID
    let loss: PartialPoint
  }

  let source: SourceID
  let report: Repair.Report

  init(_ source: SourceID, _ report: Repair.Report) {
    self.source = source
    self.report = report
  }

  /// Whether there was nothing to do.
  var isEmpty: Bool {
    report.unreadable.isEmpty && report.missingChunks == 0 && report.partial.isEmpty && report.restored.isEmpty
      && report.obstacles.isEmpty
  }

  private enum CodingKeys: String, CodingKey {
    case source, unreadable, made, missingChunks, foundChunks, partial, restored, obstacles
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(source, forKey: .source)
    try container.encode(
      report.unreadable.map {
        Pack(
          pack: $0.pack.description, why: $0.why, wholeFrames: $0.frames, lostBytes: $0.lostBytes, isWhole: $0.isWhole)
      }, forKey: .unreadable)
    try container.encode(report.made.map(\.description), forKey: .made)
    try container.encode(report.missingChunks, forKey: .missingChunks)
    try container.encode(report.foundChunks, forKey: .foundChunks)
    try container.encode(report.partial.map { Point(point: $0.point, loss: $0.loss) }, forKey: .partial)
    try container.encode(report.restored, forKey: .restored)
    try container.encode(report.obstacles, forKey: .obstacles)
  }
}
