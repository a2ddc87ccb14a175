import ArgumentParser
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Reads and proves stored data.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Read the stored data and prove it: decompress each frame, hash each chunk.",
    discussion: """
      All data, unless --sample or --older-than says less. What was read when is remembered: with --sample 5% each run reads \
      what was not read for the longest time, so that twenty runs read everything.

      EXAMPLES:
        backupctl verify
        backupctl verify nfs --sample 5%
        backupctl verify --older-than 30d

      \(ExitStatus.help([.ok, .failed, .noRepository, .formatTooNew, .damaged, .usage]))
      """)

  @Argument(help: ArgumentHelp("Names of sources or services. Default: all.", valueName: "name"))
  var names: [String] = []

  @Option(
    help: ArgumentHelp("The share of each source's data to read.", valueName: "percentage"), transform: percentage)
  var sample: Percentage?

  @Option(
    help: ArgumentHelp("Only what was not verified for this long: 30d, 12h.", valueName: "duration"),
    transform: OptionValue.duration)
  var olderThan: Duration?

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  private static func percentage(_ text: String) throws -> Percentage {
    guard let share = Percentage(parsing: text), share > .zero, share <= .whole else {
      throw ValidationError("'\(text)' is not a share between 0% and 100%, such as 5% or 0.5%")
    }
    return share
  }

  func run() throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.configuration()
    let opened = try repository.open(configuration)
    var reports: [VerifyReport] = []
    let sources = try SourceArguments.sources(names, in: opened) { try ServiceSurvey(configuration, in: opened) }
    for source in sources {
      var request = PackVerification.Request(store: opened.store(source), tool: toolName)
      request.sample = sample
      request.olderThan = olderThan
      request.pathLimit = DamageText.pathLimit(output)
      let verification = PackVerification(request, clock: environment.clock)
      reports.append(
        try ProgressDisplay.run(output, title: "verify \(source.name)", counting: "frames") { progress in
          try verification.run(progress: progress, cancellation: environment.cancellation)
        })
    }
    if output.json {
      environment.output.line(try JSONText.encode(reports.map(VerifyJSON.init)))
    } else {
      show(reports)
    }
    if reports.contains(where: { !$0.damage.isEmpty }) { throw ExitWith(status: .damaged) }
  }

  private func show(_ reports: [VerifyReport]) {
    let environment = CommandEnvironment.current
    let damage = reports.flatMap(\.damage)
    for one in damage { for line in DamageText.lines(one) { environment.output.line(line) } }
    if !output.quiet { for note in reports.flatMap(\.notes) { environment.messages.line("note: \(note)") } }
    if !damage.isEmpty { environment.messages.line("hint: \(DamageText.hint(damage, reads: true))") }
    guard !output.quiet else { return }
    var table = TextTable([
      ("SOURCE", .left), ("FRAMES", .right), ("OF", .right), ("READ", .right), ("CONTENT", .right), ("TIME", .right),
      ("NEVER READ", .right), ("OLDEST", .left), ("RESULT", .left),
    ])
    for report in reports {
      table.add([
        report.source.name, "\(report.frames)", "\(report.totalFrames)", "\(report.storedBytes)",
        "\(report.contentBytes)", DurationText.of(seconds: report.seconds), "\(report.neverVerifiedFrames)",
        report.oldestVerification.map { "\($0)" } ?? "-",
        report.damage.isEmpty ? "ok" : "\(report.damage.count) damaged",
      ])
    }
    for line in table.lines { environment.output.line(line) }
  }
}

private struct VerifyJSON: Encodable {
  let source: SourceID
  let packs, frames, totalFrames, chunks: Int
  let storedBytes, contentBytes: ByteCount
  let neverVerifiedFrames: Int
  let oldestVerification: Timestamp?
  let damage: [DamageJSON]
  let notes: [String]
  let seconds: Double

  init(_ report: VerifyReport) {
    source = report.source
    packs = report.packs
    frames = report.frames
    totalFrames = report.totalFrames
    chunks = report.chunks
    storedBytes = report.storedBytes
    contentBytes = report.contentBytes
    neverVerifiedFrames = report.neverVerifiedFrames
    oldestVerification = report.oldestVerification
    damage = report.damage.map(DamageJSON.init)
    notes = report.notes
    seconds = report.seconds
  }
}
