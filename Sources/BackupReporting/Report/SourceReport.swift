public import BackupModel
import HostSystem

/// What a source is like, concluded from an observation.
public struct SourceReport: Hashable, Sendable {
  /// What was observed.
  public let observation: SourceObservation
  /// What the source is like.
  public let state: SourceState
  /// How old the newest good point is; nil without one, or if it is dated in the future.
  public let age: Duration?
  /// Whether the data is older than was promised, whatever the state; while there is no point it counts from the
  /// declaration.
  public let missesObjective: Bool
  /// Why the state isn't ok, without the source's name; nil if it is.
  public let reason: String?

  /// The source.
  public var id: SourceID { observation.id }

  /// Concludes.
  public init(_ observation: SourceObservation, now: Timestamp, limits: ReportLimits = ReportLimits()) {
    self.observation = observation
    let reference = observation.newestGoodPoint ?? observation.declared
    let elapsed = reference.age(at: now)
    let isAhead = observation.newestGoodPoint.map { $0.age(at: now) < .zero - limits.clockSkew } ?? false
    age = observation.newestGoodPoint == nil || isAhead ? nil : max(.zero, elapsed)
    missesObjective = observation.maximumAge.map { elapsed > $0 } ?? false
    (state, reason) = Self.conclude(observation, elapsed: elapsed, missesObjective: missesObjective, isAhead: isAhead)
  }

  /// The rules of ``SourceState`` in their order.
  private static func conclude(
    _ source: SourceObservation, elapsed: Duration, missesObjective: Bool, isAhead: Bool
  ) -> (SourceState, String?) {
    let outcome = source.lastAttempt?.outcome
    if let outcome, outcome.isFailure {
      let since = source.failingSince.map { ", failing since \($0)" } ?? ""
      return (.failing, "the last attempt \(outcome.phrase)\(since)")
    }
    if source.newestGoodPoint == nil, !source.isSuspicious {
      let attempt = source.lastAttempt.map { ", the last attempt, at \($0.begun), \($0.outcome.phrase)" } ?? ""
      return (.neverRan, "there is no recovery point, \(elapsed.ageText) after it was declared\(attempt)")
    }
    if missesObjective, let maximum = source.maximumAge {
      let what =
        source.newestGoodPoint == nil
        ? "there is no good point \(elapsed.ageText) after it was declared"
        : "the newest good point is \(elapsed.ageText) old"
      return (.stale, "\(what), allowed are \(maximum.ageText)")
    }
    if source.isSuspicious { return (.degraded, "the newest point is suspicious") }
    if isAhead, let point = source.newestGoodPoint {
      return (.degraded, "the newest good point is dated in the future, \(point): its age can't be told")
    }
    if outcome == .interrupted { return (.degraded, "the last attempt was interrupted") }
    if let warnings = source.lastAttempt?.warnings, warnings > 0 {
      return (.degraded, "the last attempt gave \(warnings) warning\(warnings == 1 ? "" : "s")")
    }
    if outcome == .degraded { return (.degraded, "the last attempt was degraded") }
    return (.ok, nil)
  }
}

extension AttemptOutcome {
  /// What the attempt did, as the predicate of a sentence.
  var phrase: String {
    switch self {
    case .succeeded: "succeeded"
    case .degraded: "was degraded"
    case .failed: "failed"
    case .timedOut: "did not end in time"
    case .interrupted: "was interrupted"
    case .died: "was killed"
    }
  }
}
