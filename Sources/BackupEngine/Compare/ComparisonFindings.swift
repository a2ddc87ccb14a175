import Synchronization

/// Where the threads of a comparison put what they find.
final class ComparisonFindings: Sendable {
  private let state = Mutex(ComparisonReport())
  private let difference: @Sendable (TreeDifference) -> Void
  private let progress: RestoreProgress

  init(progress: RestoreProgress, difference: @escaping @Sendable (TreeDifference) -> Void) {
    self.progress = progress
    self.difference = difference
  }

  /// The findings so far.
  var report: ComparisonReport { state.withLock { $0 } }

  /// Notes a difference.
  func add(_ found: TreeDifference) {
    state.withLock { state in
      state.differenceCount += 1
      if state.differences.count < ComparisonReport.mostDifferences { state.differences.append(found) }
    }
    difference(found)
  }

  /// Counts an entry of the point.
  func compared(bytes: Int64) {
    state.withLock { state in
      state.entries += 1
      state.bytes += bytes
    }
    progress.add(entries: 1, bytes: bytes)
  }
}
