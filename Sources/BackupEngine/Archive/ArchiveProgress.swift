import Synchronization

/// How far an archive has come; written by its threads, read by whoever shows it.
public final class ArchiveProgress: WorkProgress {
  private let entryCount = Atomic<Int>(0)
  private let byteCount = Atomic<Int64>(0)
  private let readCount = Atomic<Int64>(0)

  /// Nothing done yet.
  public init() {}

  /// Entries seen.
  public var entries: Int { entryCount.load(ordering: .relaxed) }
  /// Bytes of the files seen, whether read or unchanged.
  public var bytes: Int64 { byteCount.load(ordering: .relaxed) }
  /// Bytes read from the source.
  public var readBytes: Int64 { readCount.load(ordering: .relaxed) }

  func add(entries: Int = 0, bytes: Int64 = 0, readBytes: Int64 = 0) {
    if entries != 0 { entryCount.add(entries, ordering: .relaxed) }
    if bytes != 0 { byteCount.add(bytes, ordering: .relaxed) }
    if readBytes != 0 { readCount.add(readBytes, ordering: .relaxed) }
  }
}
