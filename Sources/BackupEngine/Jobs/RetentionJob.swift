public import BackupModel
public import BackupPolicy
public import BackupRepository
import HostSystem
public import JobEngine

/// The kind `retention`: forgets the points that no rule keeps, and frees the room of what no point needs.
///
/// Keys: `sources` (instead of `of`); `keep`, the rules of sources for which the configuration has none of their own (default: the
/// configuration's); `most-removed`, the share of a source's points that may go at once (default
/// 50%); `rewrite-below`, `most-copied` and `grace` of the prune (70%, 100GiB, 1d). Volume snapshots are retained by the `keep` of
/// the job that takes them. A plan that would remove more fails its task and removes nothing; a disk that is too full to copy degrades it.
/// Rules of the configuration that apply to nothing fail the job: what they were meant to keep would go.
public enum RetentionJob: JobKind {
  /// `retention`.
  public static let name = "retention"
  /// `sources`, `keep`, `most-removed`, `rewrite-below`, `most-copied`, `grace`.
  public static let keys: Set<String> = ["sources", "keep", "most-removed", "rewrite-below", "most-copied", "grace"]
  /// The share of a source's points that may go at once, unless told.
  public static let defaultMostRemoved = Percentage(percent: 50)

  /// Checks that the job has sources and rules that keep something.
  public static func body(of declaration: JobDeclaration, in scope: JobScope) throws -> any JobBody<SourceID> {
    let specification = declaration.specification
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
      mostRemoved: try specification["most-removed"]?.percentage() ?? defaultMostRemoved, rules: rules, scope: scope)
  }
}

private struct RetentionBody: JobBody {
  let selection: SourceSelection
  /// The job's own rules; nil if it has none.
  let keep: EffectiveRules?
  let mostRemoved: Percentage
  let rules: PrunePlan.Rules
  let scope: JobScope

  func expand(_ inputs: [JobInput<SourceID>]) async throws -> [PlannedTask<SourceID>] {
    try await withBlockingTask { _ in
      let sources = try selection.sources(of: inputs, in: scope.settings.repository)
      _ = try retentionRules()
      return sources.map { PlannedTask($0.source) }
    }
  }

  /// The rules of each source, or the refusal to forget anything by rules of which some apply to nothing.
  private func retentionRules() throws -> RetentionRules {
    let rules = try RetentionRules(scope.configuration, in: scope.settings.repository, job: keep)
    try rules.check()
    return rules
  }

  func run(_ task: PlannedTask<SourceID>, _ context: TaskContext<SourceID>) async throws -> TaskOutcome {
    try await withBlockingTask { cancellation in
      let settings = scope.settings
      let retention = SourceRetention(
        settings.repository.store(task.subject), parameters: settings.parameters.ofWriter, tool: settings.tool,
        holder: settings.holder, clock: scope.clock, calendar: LocalCalendar(utcOffset: localUTCOffset))
      let applying = try retentionRules().rules(of: task.subject)
      let forgotten =
        try applying.map { try retention.forget(try retention.plan($0.keep), $0.keep, mostRemoved: mostRemoved) } ?? []
      let report = try retention.prune(rules, cancellation: cancellation)
      var message = "forgot \(forgotten.count == 1 ? "1 point" : "\(forgotten.count) points")"
      if let applying { message += " by \(applying)" }
      message += ", took \(report.removed.packs) packs of \(ByteCount(report.removed.bytes)) out of use"
      if report.made.packs > 0 { message += ", copied \(ByteCount(report.made.bytes))" }
      if report.purged.files > 0 { message += ", freed \(ByteCount(report.purged.bytes))" }
      let problems = report.problems
      if let first = problems.first { message += "; \(first)" }
      return TaskOutcome(problems.isEmpty ? .succeeded : .degraded, message: message, details: problems)
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
