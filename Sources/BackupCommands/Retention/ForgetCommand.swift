import ArgumentParser
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository

/// Forgets points that no rule keeps, or that are named.
struct ForgetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget", abstract: "Forget points that no rule keeps, or single ones.",
    discussion: """
      With --keep each point of the sources is judged, and listed with the reasons why it stays: by which rules, or because \
      it is the newest good or the newest verified point, on hold, or can't be read. What no rule keeps is forgotten, after \
      a confirmation. Without --keep the rules are those that the configuration has for each source (`retention`; \
      `backupctl config show --effective` lists them). Single points are named, NAME@POINT.

      With --keep-free too, more is forgotten if the disk has less free than that: the oldest points of the sources first, but \
      none that is the newest good or verified one, on hold, or can't be read. What the trash holds and what a prune \
      will free count as free. If that isn't enough, it says how much will be missing and what keeps it, and ends with 3.

      A forgotten point is in the trash at first. Room is freed by `backupctl prune`.

      EXAMPLES:
        backupctl forget --dry-run
        backupctl forget --keep daily=7,weekly=4,monthly=6 --dry-run
        backupctl forget nfs --keep last=3,within=14d --yes
        backupctl forget --keep daily=30 --keep-free 10% --yes
        backupctl forget nfs/immich@20261122T050000Z

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .busy, .formatTooNew, .damaged, .usage]))
      """)

  @Argument(
    help: ArgumentHelp(
      "Names of sources or services, by default all; or points, NAME@POINT.", valueName: "name"))
  var names: [String] = []

  @Option(
    help: ArgumentHelp(
      "What stays: last=3,daily=7,within=14d,within-weekly=90d. Default: the configuration's.", valueName: "rules"))
  var keep: String?

  @Option(
    help: ArgumentHelp(
      "Forget more, oldest first, until so much of the disk will be free: 10%, 200GiB.", valueName: "space"),
    transform: OptionValue.freeSpace)
  var keepFree: FreeSpaceGoal?

  @Flag(help: "Only show what would be forgotten.")
  var dryRun = false

  @Flag(help: "Go ahead without asking.")
  var yes = false

  @Flag(help: "Forget more than half of a source's points at once, if the rules say so.")
  var allowMany = false

  @Flag(help: "Forget the newest good point too, if it is named.")
  var allowNewest = false

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let typed = try keep.map { EffectiveRules(try KeepRules(parsing: $0), from: .commandLine) }
    let configuration = try repository.configuration()
    let hasRules = typed != nil || configuration?.retention.isEmpty == false
    guard keepFree == nil || hasRules else {
      throw CommandError(
        .usage, "cannot keep room free: what stays while there is room is not said",
        hint:
          "--keep-free needs rules: `backupctl forget --keep daily=30 --keep-free 10%`, or `retention` in the configuration"
      )
    }
    guard hasRules || !names.isEmpty else {
      throw CommandError(
        .usage, "cannot forget anything: neither rules nor points are given",
        hint:
          "say what stays, `backupctl forget --keep daily=7,weekly=4` or `retention: {keep: {daily: 7, weekly: 4}}` "
          + "in the configuration, or name points: NAME@POINT")
    }
    let opened = try repository.open(configuration)
    let named = typed == nil ? try names.filter { try PointSelection.namesPoint($0, in: opened) } : []
    guard keepFree == nil || (hasRules && named.isEmpty) else {
      throw CommandError(
        .usage, "cannot keep anything free by points that are named",
        hint: "say what stays while there is room: `backupctl forget --keep daily=30 --keep-free 10%`")
    }
    if hasRules, named.isEmpty {
      let rules = try typed == nil ? RetentionRules(configuration, in: opened) : nil
      try rules?.check()
      try forget(in: opened, configuration) { typed ?? rules?.rules(of: $0) }
    } else {
      try forgetNamed(in: opened, configuration)
    }
  }

  // MARK: - By rules

  /// - Parameter rules: those of a source; nil is none, so that nothing of it is forgotten.
  private func forget(
    in opened: Repository, _ configuration: Configuration?, by rules: (SourceID) -> EffectiveRules?
  ) throws {
    let sources = try SourceArguments.sources(names, in: opened) { try ServiceSurvey(configuration, in: opened) }
    let applying = sources.reduce(into: [SourceID: EffectiveRules]()) { $0[$1] = rules($1) }
    for source in sources where applying[source] == nil {
      CommandEnvironment.current.messages.line(
        "note: the configuration has no rules for \(source), so nothing of it is forgotten")
    }
    var plans = try sources.compactMap { source in
      try applying[source].map { try SourceRetention(opened.store(source), configuration).plan($0.keep) }
    }
    let freeing = try keepFree.flatMap { goal in
      try KeepFree(
        goal, plans, in: opened, threshold: PrunePlan.Rules().threshold,
        cancellation: CommandEnvironment.current.cancellation)
    }
    if let freeing { plans = freeing.plans }
    // Before anything is asked, and for all sources before the first one is touched.
    let mostRemoved = allowMany ? Percentage.whole : RetentionJob.defaultMostRemoved
    if !output.json { show(plans, applying) }
    if let freeing, !output.quiet { CommandEnvironment.current.messages.line(freeing.text) }
    if !dryRun {
      for plan in plans { try plan.check(mostRemoved: mostRemoved) }
    }
    let count = plans.reduce(0) { $0 + $1.dropped.count }
    var forgotten: [SourceID: [RecoveryPointID]] = [:]
    if count > 0, !dryRun {
      try Confirmation(
        yes: yes, what: "forget \(Self.points(count))",
        command: (["backupctl forget"] + names + (keep.map { ["--keep \($0)"] } ?? [])
          + (keepFree.map { ["--keep-free \($0.exactText)"] } ?? []) + (allowMany ? ["--allow-many"] : []) + ["--yes"])
          .joined(separator: " ")
      ).obtain()
      for plan in plans {
        guard let rules = applying[plan.source] else { continue }
        forgotten[plan.source] = try SourceRetention(opened.store(plan.source), configuration)
          .forget(plan, rules.keep, mostRemoved: mostRemoved)
      }
    }
    if output.json {
      CommandEnvironment.current.output.line(
        try JSONText.encode(
          plans.map { RetentionRow($0, applying[$0.source], forgotten: Set(forgotten[$0.source] ?? [])) }))
    } else {
      tell(dryRun ? nil : forgotten.values.reduce(0) { $0 + $1.count }, of: count)
    }
    if let shortfall = freeing?.shortfall {
      CommandEnvironment.current.messages.line("warning: \(shortfall)")
      throw ExitWith(status: .degraded)
    }
  }

  private func show(_ plans: [PointRetention], _ rules: [SourceID: EffectiveRules]) {
    let environment = CommandEnvironment.current
    guard !output.quiet else { return }
    for line in RulesText.lines(of: plans.map(\.source), rules) { environment.output.line(line) }
    let now = environment.clock.now()
    var table = TextTable([("SOURCE", .left), ("POINT", .left), ("AGE", .right), ("", .left), ("BECAUSE", .left)])
    for plan in plans {
      for verdict in plan.verdicts {
        table.add([
          plan.source.name, verdict.fact.id.description, AgeText.of(verdict.fact.id.begun, now: now),
          verdict.isKept ? "keep" : "forget", verdict.text,
        ])
      }
    }
    for line in table.lines { environment.output.line(line) }
  }

  private static func points(_ count: Int) -> String { count == 1 ? "1 point" : "\(count) points" }

  /// - Parameter forgotten: nil if it was only shown.
  private func tell(_ forgotten: Int?, of count: Int) {
    let environment = CommandEnvironment.current
    guard !output.quiet else { return }
    guard let forgotten else {
      environment.messages.line("\(Self.points(count)) would be forgotten; nothing was changed")
      return
    }
    environment.messages.line("forgot \(Self.points(forgotten))")
    if forgotten > 0 { environment.messages.line("hint: `backupctl prune` frees their room") }
  }

  // MARK: - By name

  private func forgetNamed(in opened: Repository, _ configuration: Configuration?) throws {
    let environment = CommandEnvironment.current
    var chosen: [SourceID: [RecoveryPointID]] = [:]
    for name in names {
      guard try PointSelection.namesPoint(name, in: opened) else {
        throw CommandError(
          .usage, "cannot forget \(name): neither rules nor a point are given",
          hint: "say what stays, `backupctl forget \(name) --keep daily=7,weekly=4`, or name a point: "
            + "`backupctl forget \(name)@POINT`; both at once aren't done")
      }
      let selection = try PointSelection(name, in: opened)
      chosen[selection.store.source, default: []].append(selection.point.id)
    }
    let titles = chosen.keys.sorted().flatMap { source in chosen[source, default: []].map { "\(source.name)@\($0)" } }
    for title in titles where !output.quiet { environment.output.line("forget \(title)") }
    guard !dryRun else { return }
    try Confirmation(
      yes: yes, what: "forget \(titles.count == 1 ? titles[0] : "\(titles.count) points")",
      command: (["backupctl forget"] + titles + (allowNewest ? ["--allow-newest"] : []) + ["--yes"])
        .joined(separator: " ")
    ).obtain()
    for source in chosen.keys.sorted() {
      try SourceRetention(opened.store(source), configuration).forget(
        chosen[source, default: []], allowingNewest: allowNewest)
    }
    tell(titles.count, of: titles.count)
  }
}

/// What becomes of the points of a source, as JSON.
private struct RetentionRow: Encodable {
  struct Point: Encodable {
    let point: RecoveryPointID
    let state: String
    let isKept: Bool
    let isForgotten: Bool
    let reasons: [String]
    /// Why it goes although rules keep it.
    let because: String?
  }

  let source: SourceID
  /// The rules, as they are typed.
  let keep: String?
  /// Where they come from.
  let keepFrom: String?
  let points: [Point]

  init(_ plan: PointRetention, _ rules: EffectiveRules?, forgotten: Set<RecoveryPointID>) {
    source = plan.source
    keep = rules?.keep.description
    keepFrom = rules?.originText
    points = plan.verdicts.map { verdict in
      Point(
        point: verdict.fact.id, state: verdict.fact.state.rawValue, isKept: verdict.isKept,
        isForgotten: forgotten.contains(verdict.fact.id), reasons: verdict.reasons, because: verdict.because)
    }
  }
}
