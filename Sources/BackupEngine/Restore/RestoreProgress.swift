import Synchronization

/// How far a restore or a comparison has come; written by its threads, read by whoever shows it.
public final class RestoreProgress: WorkProgress {
  private let entryCount = Atomic<Int>(0)
  private let byteCount = Atomic<Int64>(0)

  /// Nothing done yet.
  public init() {}

  /// Entries that are as they should be, or failed.
  public var entries: Int { entryCount.load(ordering: .relaxed) }
  /// Bytes of their content, holes left out.
  public var bytes: Int64 { byteCount.load(ordering: .relaxed) }

  func add(entries: Int, bytes: Int64) {
    entryCount.add(entries, ordering: .relaxed)
    if bytes != 0 { byteCount.add(bytes, ordering: .relaxed) }
  }
}
