import BackupModel
import BackupRepository
import HostSystem

/// The entries of an index below a path, one at a time; a thread reads ahead.
final class EntryStream {
  private struct State {
    var batches: [[IndexEntry]] = []
    var isComplete = false
    /// Nobody takes entries any more.
    var isAbandoned = false
    var failure: (any Error)?
  }

  private static let batchSize = 256
  private static let capacity = 4
  private let state = Monitor(State())
  private let thread: WorkerThread
  private var batch: ArraySlice<IndexEntry> = []

  /// Begins to read.
  init(root: IndexRoot, chunks: ChunkReader, below path: PathBytes) {
    let state = state
    thread = WorkerThread {
      do {
        var batch: [IndexEntry] = []
        try IndexReader(root: root, chunks: chunks).forEachEntry(below: path) { entry in
          batch.append(entry)
          guard batch.count >= Self.batchSize else { return true }
          defer { batch = [] }
          return Self.deliver(batch, to: state)
        }
        _ = Self.deliver(batch, to: state)
        state.update { $0.isComplete = true }
      } catch {
        state.update { state in
          state.failure = error
          state.isComplete = true
        }
      }
    }
  }

  private static func deliver(_ batch: [IndexEntry], to state: Monitor<State>) -> Bool {
    state.wait { state -> Bool? in
      if state.isAbandoned { return false }
      guard state.batches.count < capacity else { return nil }
      state.batches.append(batch)
      return true
    }
  }

  /// The next entry, which stays the next one until ``advance()``; nil at the end.
  ///
  /// - Throws: `RepositoryError` if the index can't be read.
  func peek() throws -> IndexEntry? {
    while batch.isEmpty {
      let next = try state.wait { state -> [IndexEntry]?? in
        if !state.batches.isEmpty { return .some(state.batches.removeFirst()) }
        if let failure = state.failure { throw failure }
        return state.isComplete ? .some(nil) : nil
      }
      guard let next else { return nil }
      batch = next[...]
    }
    return batch.first
  }

  /// Goes on to the next entry.
  func advance() { batch = batch.dropFirst() }

  /// Ends reading and waits for the thread.
  func end() {
    state.update { $0.isAbandoned = true }
    thread.join()
  }
}
