extension RunProgress {
  /// The progress in one line, as in `12 of 40 tasks, 1 failed; archive nfs/immich 3m 12s, 2 more running`.
  ///
  /// Meant for `STATUS=` lines: it starts with what matters most should it be cut off.
  ///
  /// - Parameters:
  ///   - now: The time since the run started.
  ///   - shown: How many of the running tasks are named, the longest-running first.
  public func statusLine(at now: Duration, naming shown: Int = 2) -> String {
    if let result { return "\(result.rawValue): \(tally)" }
    let running = self.running(at: now)
    var parts = running.prefix(shown).map { task in
      let elapsed = Duration.seconds(task.elapsed.components.seconds).text
      return "\(task.id) \(elapsed)\(task.isStopping ? " (stopping)" : "")"
    }
    if running.count > shown { parts.append("\(running.count - shown) more running") }
    return ([[state, tally].compactMap(\.self).joined(separator: ": ")] + [parts.joined(separator: ", ")])
      .filter { !$0.isEmpty }.joined(separator: "; ")
  }

  private var state: String? {
    if isCancelling { return "stopping" }
    return exhaustedBudget.map { "budget of \($0.text) used up" }
  }

  private var tally: String {
    let total = knowsAllTasks ? "\(counts.known)" : "at least \(counts.known)"
    let notable = [
      (counts.failed, "failed"), (counts.degraded, "degraded"), (counts.skipped, "skipped"),
      (counts.cancelled, "cancelled"),
    ]
    return (["\(counts.ended) of \(total) tasks"] + notable.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" })
      .joined(separator: ", ")
  }
}
