import BackupModel
import BackupRepository
import HostSystem

/// Says how much is missing, after an archive has ended because the disk that holds the repository is full.
enum FullDisk {
  /// Removes what isn't sealed, and adds to the error what is free then and what the point would have taken.
  static func error(_ error: RepositoryError, after writer: PointWriter, in store: SourceStore) -> RepositoryError {
    let stored = writer.storedBytes
    // The first error is the one to tell; what can't be removed is removed by the next writer.
    let kept = (try? writer.abandon()) ?? 0
    // What can't be asked for isn't told.
    let free = try? store.repositoryDirectory?.space().available
    // As above.
    let growth = try? ExpectedGrowth(of: store)
    return error.adding(toCause: text(stored: stored, kept: kept, free: free, growth: growth))
  }

  /// - Parameters:
  ///   - stored: bytes of the point that were written before nothing was free any more.
  ///   - kept: those of them that stay for the next attempt.
  static func text(stored: Int64, kept: Int64, free: ByteCount?, growth: ExpectedGrowth?) -> String {
    var text = "\(ByteCount(stored)) of the point were stored"
    if kept > 0 { text += ", of which \(ByteCount(kept)) stay for the next attempt" }
    if let free { text += "; \(free) are free now" }
    let there = kept + (free?.bytes ?? 0)
    if let growth, growth.bytes.bytes > max(stored, there) {
      return text + ", and about \(ByteCount(growth.bytes.bytes - there)) more are needed, by \(growth.basis)"
    }
    return text + "; how much more is needed isn't known: "
      + (growth.map { "it is more than \($0.basis), \($0.bytes)" } ?? "the source has no point after a first one")
  }
}
