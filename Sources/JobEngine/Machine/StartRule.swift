/// A need of a job that has ended.
struct EndedNeed<Subject: TaskSubject>: Hashable, Sendable {
  let kind: JobNode.Need.Kind
  let job: String
  let state: JobState
  let tasks: [JobInput<Subject>]

  /// Why a job that builds on this one as a whole can't run.
  var reason: SkipReason {
    if case .skipped(let reason) = state { return .needSkipped(job: job, because: reason) }
    return .needFailed(job: job)
  }

  /// Why nothing can be built on one of its tasks.
  func reason(for task: JobInput<Subject>) -> SkipReason {
    if case .skipped(let reason) = task.state { return .needSkipped(job: job, because: reason) }
    return .needFailed(job: job)
  }
}

/// A subject that a job would have been applied to, had the job before it succeeded.
struct MissingSubject<Subject: TaskSubject>: Hashable, Sendable {
  let subject: Subject
  let reason: SkipReason
}

/// Decides, once all needs of a job have ended, whether it runs and on what.
///
/// - `always` runs on all tasks of its `of` needs, whatever their state.
/// - `failure` runs likewise, if a need failed or was skipped because of a failure.
/// - `success`: each `after` need must have succeeded as a whole. Of the `of` needs it is handed the tasks that
///   succeeded or are degraded, from all of them together. Only if there is no such task, and one of the `of` needs
///   didn't succeed, is it skipped. What it had to do without is kept, so that it shows and makes the job degraded.
///
/// So one volume that can't be archived doesn't keep the others from being verified.
enum StartRule {
  enum Decision<Subject: TaskSubject>: Hashable, Sendable {
    /// Run on these; `gaps` are the needs that didn't succeed as a whole, `missing` the single subjects.
    case expand(inputs: [JobInput<Subject>], gaps: [SkipReason], missing: [MissingSubject<Subject>])
    case skip(because: SkipReason)
  }

  static func decide<Subject>(_ condition: JobNode.Condition, needs: [EndedNeed<Subject>]) -> Decision<Subject> {
    // Closures stand where key paths could: in generic code a key path is put together anew each time it is used.
    let sources = needs.filter { $0.kind == .of }
    switch condition {
    case .always:
      return .expand(inputs: sources.flatMap { $0.tasks }, gaps: [], missing: [])
    case .failure:
      guard needs.contains(where: { $0.state.stemsFromFailure }) else { return .skip(because: .nothingFailed) }
      return .expand(inputs: sources.flatMap { $0.tasks }, gaps: [], missing: [])
    case .success:
      if let need = needs.first(where: { $0.kind == .after && !$0.state.isSuccess }) {
        return .skip(because: need.reason)
      }
      let usable = sources.flatMap { $0.tasks }.filter { $0.state.isUsable }
      let broken = sources.filter { !$0.state.isSuccess }
      if usable.isEmpty, let need = broken.first { return .skip(because: need.reason) }
      let missing = sources.flatMap { need in
        need.tasks.filter { !$0.state.isUsable }
          .map { MissingSubject(subject: $0.subject, reason: need.reason(for: $0)) }
      }
      return .expand(inputs: usable, gaps: broken.map { $0.reason }, missing: missing)
    }
  }
}
