import BackupModel
import BackupRepository
import HostSystem
import Synchronization

/// What the threads of a restore have done so far.
final class RestoreOutcome: Sendable {
  private struct State {
    var report = RestoreReport()
    /// Failed paths, to which no hard link may be made.
    var failedPaths: Set<PathBytes> = []
  }

  private let state = Mutex(State())
  private let progress: RestoreProgress

  init(progress: RestoreProgress) { self.progress = progress }

  /// The counts so far.
  var report: RestoreReport { state.withLock { $0.report } }

  /// Changes the counts.
  func update(_ body: (inout RestoreReport) -> Void) {
    state.withLock { body(&$0.report) }
  }

  /// Counts an entry that is in place.
  ///
  /// - Parameter written: how many bytes were written for it; nil if it was there already.
  func finished(_ entry: IndexEntry, written: Int64?) {
    let bytes = entry.dataBytes
    state.withLock { state in
      state.report.entries += 1
      switch entry.kind {
      case .file: state.report.files += 1
      case .directory: state.report.directories += 1
      case .symbolicLink: state.report.symbolicLinks += 1
      case .characterDevice, .blockDevice, .fifo, .socket: state.report.specialFiles += 1
      }
      if let written { state.report.writtenBytes += written } else { state.report.unchanged += 1 }
      state.report.bytes += bytes
    }
    progress.add(entries: 1, bytes: bytes)
  }

  /// Counts a further name of a file.
  func finishedLink(isUnchanged: Bool) {
    state.withLock { state in
      state.report.entries += 1
      state.report.hardLinks += 1
      if isUnchanged { state.report.unchanged += 1 }
    }
    progress.add(entries: 1, bytes: 0)
  }

  /// Notes an entry that isn't in place.
  func failed(_ path: PathBytes, _ reason: String, isDamage: Bool = false) {
    state.withLock { state in
      state.report.entries += 1
      state.failedPaths.insert(path)
      Self.note(RestoreReport.FailedItem(path: path, reason: reason, isDamage: isDamage), in: &state.report)
    }
    progress.add(entries: 1, bytes: 0)
  }

  /// Notes that an entry is in place, but not with all its metadata.
  func incomplete(_ path: PathBytes, _ reason: String) {
    state.withLock { Self.note(RestoreReport.FailedItem(path: path, reason: reason, isDamage: false), in: &$0.report) }
  }

  /// Notes that the index can't be read any further.
  func indexDamaged(after path: PathBytes, _ error: RepositoryError) {
    state.withLock { state in
      let reason = "the entries after this path can't be restored: \(error)"
      Self.note(RestoreReport.FailedItem(path: path, reason: reason, isDamage: true), in: &state.report)
    }
  }

  private static func note(_ item: RestoreReport.FailedItem, in report: inout RestoreReport) {
    report.failureCount += 1
    if item.isDamage { report.damageCount += 1 }
    if report.failures.count < RestoreReport.mostFailures { report.failures.append(item) }
  }

  /// Whether an entry is known not to be in place.
  func hasFailed(_ path: PathBytes) -> Bool { state.withLock { $0.failedPaths.contains(path) } }
}
