import ArgumentParser
import BackupEngine
import BackupModel
import BackupRepository

/// Frees the room of what no point needs.
struct PruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Free the room of what no point needs any more.",
    discussion: """
      Packs of which nothing is needed are taken out of use, then packs of which little is needed are rewritten: their needed \
      frames are copied as they are into new packs, and only when those are on the medium the old ones are taken out of use. \
      What was taken out of use stays in the trash for its grace, and is removed by a later prune. An interrupted prune loses \
      nothing; the next one goes on.

      EXAMPLES:
        backupctl prune --dry-run
        backupctl prune nfs --yes
        backupctl prune --grace 0s --yes            # nothing else reads the repository now

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .busy, .formatTooNew, .damaged, .usage]))
      """)

  @Argument(help: ArgumentHelp("Names of sources or services. Default: all.", valueName: "name"))
  var names: [String] = []

  @Flag(help: "Only show what would be done.")
  var dryRun = false

  @Flag(help: "Go ahead without asking.")
  var yes = false

  @OptionGroup var prune: PruneOptions
  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.configuration()
    let opened = try repository.open(configuration)
    let sources = try SourceArguments.sources(names, in: opened) { try ServiceSurvey(configuration, in: opened) }
    let rules = prune.rules
    var rows: [PruneRow] = []
    for source in sources {
      let plan = try SourceRetention(opened.store(source), configuration).prunePlan(
        rules, cancellation: environment.cancellation)
      rows.append(PruneRow(source, plan, trash: try opened.store(source).trash.size()))
    }
    if !output.json { show(rows) }
    let changing = rows.filter(\.hasWork)
    if !dryRun, !changing.isEmpty {
      try Confirmation(
        yes: yes, what: "prune \(changing.count == 1 ? changing[0].source.name : "\(changing.count) sources")",
        command: (["backupctl prune"] + names + ["--yes"]).joined(separator: " ")
      ).obtain()
      for number in rows.indices where rows[number].hasWork {
        rows[number].report = try SourceRetention(opened.store(rows[number].source), configuration)
          .prune(rules, cancellation: environment.cancellation)
      }
    }
    if output.json { environment.output.line(try JSONText.encode(rows)) } else { tell(rows) }
    var problems = rows.flatMap { row in row.problems.map { "\(row.source.name): \($0)" } }
    // Each prune makes the reserve anew; where there was nothing to prune it may be missing still.
    if !dryRun, !rows.contains(where: { $0.report != nil }) {
      problems += Prune.Report.reserveProblems(try opened.reserve.fill())
    }
    for problem in problems { environment.messages.line("warning: \(problem)") }
    if !problems.isEmpty { throw ExitWith(status: .degraded) }
  }

  private func show(_ rows: [PruneRow]) {
    guard !output.quiet else { return }
    var table = TextTable([
      ("SOURCE", .left), ("UNUSED PACKS", .right), ("BYTES", .right), ("REWRITE", .right), ("COPY", .right),
      ("FREES", .right), ("LATER", .right), ("IN THE TRASH", .right),
    ])
    for row in rows {
      table.add([
        row.source.name, "\(row.deadPacks)", "\(row.deadBytes)", "\(row.rewrittenPacks)", "\(row.copiedBytes)",
        "\(row.freedBytes)", "\(row.postponedPacks)", "\(row.trashBytes)",
      ])
    }
    for line in table.lines { CommandEnvironment.current.output.line(line) }
  }

  private func tell(_ rows: [PruneRow]) {
    guard !output.quiet else { return }
    let messages = CommandEnvironment.current.messages
    let reports = rows.compactMap(\.report)
    guard !reports.isEmpty else {
      messages.line(
        rows.contains(where: \.hasWork) ? "nothing was changed" : "there is nothing to do")
      return
    }
    let removed = reports.reduce((packs: 0, bytes: Int64(0))) {
      ($0.packs + $1.removed.packs, $0.bytes + $1.removed.bytes)
    }
    let made = reports.reduce((packs: 0, bytes: Int64(0))) { ($0.packs + $1.made.packs, $0.bytes + $1.made.bytes) }
    let purged = reports.reduce(Int64(0)) { $0 + $1.purged.bytes }
    messages.line(
      "took \(removed.packs) packs of \(ByteCount(removed.bytes)) out of use, made \(made.packs) of \(ByteCount(made.bytes)), "
        + "freed \(ByteCount(purged))")
  }
}

/// What a prune of a source would do, or did.
private struct PruneRow: Encodable {
  let source: SourceID
  let deadPacks: Int
  let deadBytes: ByteCount
  let rewrittenPacks: Int
  let copiedBytes: ByteCount
  let freedBytes: ByteCount
  /// Packs that are left to the next prune, because enough is copied by this one.
  let postponedPacks: Int
  let trashBytes: ByteCount
  /// Nil if nothing was done.
  var report: Prune.Report?
  private let trashFiles: Int
  private let planProblems: [String]

  init(_ source: SourceID, _ plan: PrunePlan, trash: (files: Int, bytes: Int64)) {
    self.source = source
    deadPacks = plan.dead.count
    deadBytes = ByteCount(plan.dead.reduce(0) { $0 + $1.fileBytes })
    rewrittenPacks = plan.rewritten.count
    copiedBytes = ByteCount(plan.copiedBytes)
    freedBytes = ByteCount(plan.freedBytes)
    postponedPacks = plan.postponed.count
    trashBytes = ByteCount(trash.bytes)
    trashFiles = trash.files
    planProblems = Prune.Report(plan).problems
  }

  /// Whether a prune has something to do; of what is in the trash it sees itself what is old enough.
  var hasWork: Bool { deadPacks + rewrittenPacks + trashFiles > 0 }
  var problems: [String] { report?.problems ?? planProblems }

  private enum CodingKeys: String, CodingKey {
    case source, deadPacks, deadBytes, rewrittenPacks, copiedBytes, freedBytes, postponedPacks, trashBytes
    case removedPacks, removedBytes, madePacks, madeBytes, purgedBytes, problems
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(source, forKey: .source)
    try container.encode(deadPacks, forKey: .deadPacks)
    try container.encode(deadBytes, forKey: .deadBytes)
    try container.encode(rewrittenPacks, forKey: .rewrittenPacks)
    try container.encode(copiedBytes, forKey: .copiedBytes)
    try container.encode(freedBytes, forKey: .freedBytes)
    try container.encode(postponedPacks, forKey: .postponedPacks)
    try container.encode(trashBytes, forKey: .trashBytes)
    try container.encode(problems, forKey: .problems)
    guard let report else { return }
    try container.encode(report.removed.packs, forKey: .removedPacks)
    try container.encode(ByteCount(report.removed.bytes), forKey: .removedBytes)
    try container.encode(report.made.packs, forKey: .madePacks)
    try container.encode(ByteCount(report.made.bytes), forKey: .madeBytes)
    try container.encode(ByteCount(report.purged.bytes), forKey: .purgedBytes)
  }
}
