public import BackupModel
public import BackupPolicy
public import BackupRepository
import HostSystem
public import JobEngine
import Synchronization

/// The kind `retention`: forgets the points that no rule keeps, and frees the room of what no point needs.
///
/// Keys: `sources` (instead of `of`); `keep`, the rules of sources for which the configuration has none of their own (default: the
/// configuration's); `most-removed`, the share of a source's points that may go at once (default 50%); `keep-free`, how much of the disk is
/// to be free: of all its sources together the oldest points go first; `rewrite-below`, `most-copied` and `grace` of the prune (70%, 100GiB,
/// 1d). With `volumes` and `keep` it is about snapshots instead (``SnapshotRetentionBody``). A plan that would remove more fails its task and removes nothing; a disk that is too full to copy degrades it.
/// Rules of the configuration that apply to nothing fail the job: what they were meant to keep would go.
public enum RetentionJob: JobKind {
  /// `retention`.
  public static let name = "retention"
  /// `sources`, `volumes`, `keep`, `keep-free`, `most-removed`, `rewrite-below`, `most-copied`, `grace`.
  public static let keys: Set<String> = [
    "sources", "volumes", "keep", "keep-free", "most-removed", "rewrite-below", "most-copied", "grace",
  ]
  /// The share of a source's points that may go at once, unless told.
  public static let defaultMostRemoved = Percentage(percent: 50)

  /// Checks that the job has sources and rules that keep something.
  public static func body(of declaration: JobDeclaration, in scope: JobScope) throws -> any JobBody<SourceID> {
    let specification = declaration.specification
    if specification["volumes"] != nil { return try SnapshotRetentionBody(declaration, in: scope) }
    let keep = try specification["keep"].map { node in
      EffectiveRules(try KeepRules(node), from: .job(name: declaration.name), at: node.location)
    }
    guard keep != nil || scope.configuration?.retention.keep != nil else {
      throw PolicyError(
        at: declaration.location,
        "job `\(declaration.name)` of kind retention has no `keep`, nor has `retention` in the configuration",
        hint: "say what stays: `keep: {last: 3, daily: 7, weekly: 4, monthly: 6}`")
    }
    var rules = PrunePlan.Rules()
    rules.threshold = try specification["rewrite-below"]?.percentage().fraction ?? rules.threshold
    rules.mostCopied =
      try specification["most-copied"]?.byteCount(in: .zero ... .gibibytes(1 << 20)) ?? rules.mostCopied
    rules.grace = try specification["grace"]?.duration(in: .zero ... .seconds(365 * 86_400)) ?? rules.grace
    return RetentionBody(
      selection: try SourceSelection(declaration), keep: keep,
      keepFree: try specification["keep-free"].map(FreeSpaceGoal.init),
      mostRemoved: try specification["most-removed"]?.percentage() ?? defaultMostRemoved, rules: rules, scope: scope)
  }
}

private struct RetentionBody: JobBody {
  let selection: SourceSelection
  /// The job's own rules; nil if it has none.
  let keep: EffectiveRules?
  let keepFree: FreeSpaceGoal?
  let mostRemoved: Percentage
  let rules: PrunePlan.Rules
  let scope: JobScope
  private let decision = KeepFreeDecision()
  private let known = KnownRules()

  init(
    selection: SourceSelection, keep: EffectiveRules?, keepFree: FreeSpaceGoal?, mostRemoved: Percentage,
    rules: PrunePlan.Rules, scope: JobScope
  ) {
    self.selection = selection
    self.keep = keep
    self.keepFree = keepFree
    self.mostRemoved = mostRemoved
    self.rules = rules
    self.scope = scope
  }

  func expand(_ inputs: [JobInput<SourceID>]) async throws -> [PlannedTask<SourceID>] {
    try await withBlockingTask { _ in
      let sources = try selection.sources(of: inputs, in: scope.settings.repository).map(\.source)
      _ = try retentionRules()
      decision.setSources(sources)
      return sources.map { PlannedTask($0) }
    }
  }

  /// The rules of each source, or the refusal to forget anything by rules of which some apply to nothing.
  private func retentionRules() throws -> RetentionRules {
    try known.rules {
      let rules = try RetentionRules(scope.configuration, in: scope.settings.repository, job: keep)
      try rules.check()
      return rules
    }
  }

  private func retention(_ source: SourceID) -> SourceRetention {
    let settings = scope.settings
    return SourceRetention(
      settings.repository.store(source), parameters: settings.parameters.ofWriter, pacer: settings.pacer,
      threads: settings.limits.threads, tool: settings.tool, holder: settings.holder, clock: scope.clock,
      calendar: LocalCalendar(utcOffset: localUTCOffset))
  }

  /// What rules, floors and the room that is wanted keep and drop of a source.
  private func plan(
    _ source: SourceID, _ applying: EffectiveRules, _ all: RetentionRules, _ cancellation: Cancellation
  ) throws -> (plan: PointRetention, made: KeepFree?) {
    guard let keepFree else { return (try retention(source).plan(applying.keep), nil) }
    let (plan, made) = try decision.plan(for: source) { sources in
      let plans = try sources.compactMap { source in
        try all.rules(of: source).map { try retention(source).plan($0.keep) }
      }
      return try KeepFree(
        keepFree, plans, in: scope.settings.repository, threshold: rules.threshold, cancellation: cancellation)
    }
    return (try plan ?? retention(source).plan(applying.keep), made)
  }

  func run(_ task: PlannedTask<SourceID>, _ context: TaskContext<SourceID>) async throws -> TaskOutcome {
    try await withBlockingTask { cancellation in
      let all = try retentionRules()
      let retention = retention(task.subject)
      var message = ""
      var made: KeepFree?
      if let applying = all.rules(of: task.subject) {
        let planned = try plan(task.subject, applying, all, cancellation)
        made = planned.made
        let forgotten = try retention.forget(planned.plan, applying.keep, mostRemoved: mostRemoved)
        message = "forgot \(forgotten.count == 1 ? "1 point" : "\(forgotten.count) points") by \(applying)"
        let beyondRules = Set(planned.plan.verdicts.filter { $0.because != nil }.map(\.fact.id)).intersection(forgotten)
        if let keepFree, !beyondRules.isEmpty { message += ", \(beyondRules.count) of them to keep \(keepFree) free" }
      } else {
        message = "forgot 0 points"
      }
      let report = try retention.prune(rules, cancellation: cancellation)
      message += ", took \(report.removed.packs) packs of \(ByteCount(report.removed.bytes)) out of use"
      if report.made.packs > 0 { message += ", copied \(ByteCount(report.made.bytes))" }
      if report.purged.files > 0 { message += ", freed \(ByteCount(report.purged.bytes))" }
      let problems = report.problems + [made?.shortfall].compactMap(\.self)
      if let first = problems.first { message += "; \(first)" }
      return TaskOutcome(problems.isEmpty ? .succeeded : .degraded, message: message, details: problems)
    }
  }
}

/// The rules of a job: the first task that asks finds out which services there are, which takes a look at every source.
private final class KnownRules: Sendable {
  private let known = Mutex<RetentionRules?>(nil)

  func rules(_ make: () throws -> RetentionRules) throws -> RetentionRules {
    try known.withLock { known in
      if let known { return known }
      let made = try make()
      known = made
      return made
    }
  }
}

extension Prune.Report {
  /// What a person has to know: lines without a full stop.
  public var problems: [String] {
    var lines = plan.unreadable.map { "the pack \($0.pack) can't be read and stays: \($0.error)" }
    if plan.missingChunks > 0 {
      lines.append("\(plan.missingChunks) chunks that points need are in no pack: run `backupctl check`")
    }
    lines += Self.reserveProblems(missingReserve)
    if let shortfall { lines.append("the disk is full, so not all was copied: \(shortfall)") }
    return lines
  }

  /// What a person has to know of a reserve of which something is missing.
  public static func reserveProblems(_ missing: ByteCount) -> [String] {
    missing > .zero
      ? [
        "\(missing) of the reserve, which a prune needs when no byte is left, are missing: the disk is too full for it"
      ]
      : []
  }
}
