import BackupEngine
import BackupModel
import BackupRepository
import HostSystem

/// In which points of a source paths exist.
///
/// The first point is read whole, of each further one only what differs from the one before.
struct PathHistory {
  /// The points of one path.
  struct Span: Encodable {
    let path: String
    let pathBytes: String?
    /// The oldest point that has it.
    let first: RecoveryPointID
    /// The newest point that has it.
    let last: RecoveryPointID
    /// How many points have it; less than lie between the two if it was gone for some time.
    let points: Int
  }

  private struct Record {
    var first: RecoveryPointID
    var last: RecoveryPointID
    var points = 0
    /// The place among the points of the one since which it is there without a gap; nil if it isn't.
    var since: Int?
  }

  private let store: SourceStore
  private let filter: EntryFilter
  private var records: [PathBytes: Record] = [:]

  init(_ store: SourceStore, _ filter: EntryFilter) {
    self.store = store
    self.filter = filter
  }

  /// Reads all points.
  ///
  /// - Returns: why points were passed over that can't be read.
  mutating func read(_ cancellation: Cancellation) throws -> [RepositoryError] {
    var unreadable: [RepositoryError] = []
    var read: [RecoveryPoint] = []
    for id in try store.pointIDs() {
      try cancellation.check()
      do {
        guard let point = try store.pointIfThere(id) else { continue }
        let step = try step(from: read.last, to: point, cancellation)
        for (path, isThere) in step { note(path, isThere, at: read.count, read.last?.id, point.id) }
        read.append(point)
      } catch let error as RepositoryError where error.code == .damaged {
        unreadable.append(error)
      }
    }
    for (path, record) in records where record.since != nil {
      end(path, at: read.count, lastPoint: read.last?.id)
    }
    return unreadable
  }

  /// What comes and goes with a point. Gathered before it is noted: a damaged point counts for nothing.
  private func step(
    from previous: RecoveryPoint?, to point: RecoveryPoint, _ cancellation: Cancellation
  ) throws -> [(PathBytes, Bool)] {
    var step: [(PathBytes, Bool)] = []
    guard let previous else {
      let reader = try IndexReader(root: point.index, chunks: try store.chunkReader(keepsTables: true))
      try reader.forEachEntry { entry in
        try cancellation.check()
        if filter.matches(entry) { step.append((entry.path, true)) }
        return true
      }
      return step
    }
    var difference = try PointDifference(from: (store, previous), to: (store, point))
    try difference.forEachChange { change in
      try cancellation.check()
      // A changed entry may begin or cease to be what is looked for.
      if let new = change.new, filter.matches(new) {
        step.append((change.path, true))
      } else if records[change.path] != nil {
        step.append((change.path, false))
      }
      return true
    }
    return step
  }

  private mutating func note(
    _ path: PathBytes, _ isThere: Bool, at index: Int, _ previous: RecoveryPointID?, _ point: RecoveryPointID
  ) {
    guard isThere else { return end(path, at: index, lastPoint: previous) }
    if records[path] == nil { records[path] = Record(first: point, last: point) }
    if records[path]?.since == nil { records[path]?.since = index }
  }

  private mutating func end(_ path: PathBytes, at index: Int, lastPoint: RecoveryPointID?) {
    guard let since = records[path]?.since, let lastPoint else { return }
    records[path]?.since = nil
    records[path]?.last = lastPoint
    records[path]?.points += index - since
  }

  /// The paths that were found, in the order of an index.
  var spans: [Span] {
    records.sorted { comparePaths($0.key[...], $1.key[...]) < 0 }.map { path, record in
      Span(
        path: path.displayedPath, pathBytes: path.bytesIfNotText, first: record.first, last: record.last,
        points: record.points)
    }
  }
}
