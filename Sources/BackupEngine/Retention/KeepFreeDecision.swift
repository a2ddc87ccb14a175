import BackupModel
import Synchronization

/// What is decided once for all sources of a job: the first task that asks works it out, before anything is forgotten, and the others
/// find it.
final class KeepFreeDecision: Sendable {
  private struct State {
    var sources: [SourceID] = []
    var plans: [SourceID: PointRetention]?
  }

  private let state = Mutex(State())

  /// Names the sources of the job.
  func setSources(_ sources: [SourceID]) { state.withLock { $0.sources = sources } }

  /// The plan of a source.
  ///
  /// - Parameter decide: plans for all sources; nil if nothing can be decided.
  /// - Returns: the plan, nil if nothing could be decided; and what to tell, to the first that asks only.
  /// - Throws: what `decide` throws; then the next one that asks decides.
  func plan(
    for source: SourceID, _ decide: ([SourceID]) throws -> KeepFree?
  ) throws -> (plan: PointRetention?, made: KeepFree?) {
    try state.withLock { state in
      if let plans = state.plans { return (plans[source], nil) }
      let decided = try decide(state.sources.contains(source) ? state.sources : state.sources + [source])
      let plans = decided?.plans ?? []
      state.plans = Dictionary(plans.map { ($0.source, $0) }) { first, _ in first }
      return (state.plans?[source], decided)
    }
  }
}
