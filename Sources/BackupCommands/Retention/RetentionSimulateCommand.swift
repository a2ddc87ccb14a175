import ArgumentParser
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Shows what keep rules would hold over time, and what room that would need.
struct RetentionSimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate", abstract: "Show what keep rules would hold over time, and what room that would need.",
    discussion: """
      Points are taken to go on coming as they came: as often as the newest ones did, each adding what the newest ones \
      added (medians). Day by day the rules are applied to them. Nothing is changed.

      The room is estimated, as a range. AT LEAST is what the oldest point needs and what the other points that are held added; \
      AT MOST counts what was added by the dropped points since the oldest one too, of which newer points may still need \
      all. Holds, and the points that stay whatever the rules say, aren't simulated; neither is what a prune has yet to free.

      EXAMPLES:
        backupctl retention simulate --over 1y
        backupctl retention simulate nfs --keep daily=7,weekly=4,monthly=12
        backupctl retention simulate --over 8w --json

      \(ExitStatus.help([.ok, .failed, .noRepository, .formatTooNew, .damaged, .usage]))
      """)

  @Argument(help: ArgumentHelp("Names of sources or services. Default: all.", valueName: "name"))
  var names: [String] = []

  @Option(
    help: ArgumentHelp(
      "What stays: last=3,daily=7,within=14d,within-weekly=90d. Default: the configuration's.", valueName: "rules"))
  var keep: String?

  @Option(
    help: ArgumentHelp(
      "How far to look ahead: 14d, 8w, 1y (365 days); at most 10y. Default: 1y.", valueName: "duration"),
    transform: OptionValue.wholeDays)
  var over: Int?

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let environment = CommandEnvironment.current
    let typed = try keep.map { EffectiveRules(try KeepRules(parsing: $0), from: .commandLine) }
    let configuration = try repository.configuration()
    guard typed != nil || configuration?.retention.isEmpty == false else {
      throw CommandError(
        .usage, "cannot simulate anything: no rules are given",
        hint: "say what stays, `backupctl retention simulate --keep daily=7,weekly=4`, or in the configuration: "
          + "`retention: {keep: {daily: 7, weekly: 4}}`")
    }
    let opened = try repository.open(configuration)
    let sources = try SourceArguments.sources(names, in: opened) { try ServiceSurvey(configuration, in: opened) }
    let rules = try typed == nil ? RetentionRules(configuration, in: opened) : nil
    for problem in rules?.problems ?? [] { environment.messages.line("warning: \(problem.line)") }
    let now = environment.clock.now()
    let calendar = LocalCalendar(utcOffset: localUTCOffset)
    let days = over ?? 365
    var simulated: [SimulatedSource] = []
    for source in sources {
      guard let applying = typed ?? rules?.rules(of: source) else {
        environment.messages.line("note: the configuration has no rules for \(source): left out")
        continue
      }
      let history = try RetentionHistory(opened.store(source), now: now)
      do throws(PolicyError) {
        simulated.append(
          SimulatedSource(
            source: source, rules: applying, history: history,
            simulation: try RetentionSimulation(history, applying.keep, days: days, now: now, calendar: calendar)))
      } catch {
        // One source whose points come too fast to be counted out must not hide the others.
        environment.messages.line("note: \(source) is left out: \(error.message)")
      }
    }
    for source in simulated { for note in source.notes(now: now) { environment.messages.line("note: \(note)") } }
    guard simulated.contains(where: { $0.simulation != nil }) else {
      throw CommandError(
        .failed,
        "cannot simulate: of no source it is known how often points come and what they add",
        hint: "two good points tell, some minutes or more apart: archive again later, and see `backupctl points`")
    }
    let report = SimulationReport(simulated, steps: SimulationSteps(days: days, now: now, calendar: calendar))
    if output.json { return environment.output.line(try JSONText.encode(SimulationDocument(report))) }
    for line in report.lines { environment.output.line(line) }
    if !output.quiet {
      environment.messages.line("sizes are estimates; docs/retention.md says what they count and what they can't know")
    }
  }
}

extension OptionValue {
  /// A length of time as a count of days, which may be given in years of 365 days too.
  static func wholeDays(_ text: String) throws -> Int {
    let years = text.hasSuffix("y") ? Duration(parsing: "\(text.dropLast())d").map { $0.components.seconds * 365 } : nil
    guard let seconds = years ?? Duration(parsing: text)?.components.seconds,
      (86_400...Int64(RetentionSimulation.longest) * 86_400).contains(seconds)
    else { throw ValidationError("'\(text)' is not a length of time from 1d to 10y, such as 90d or 1y") }
    return Int((seconds + 86_399) / 86_400)
  }
}
