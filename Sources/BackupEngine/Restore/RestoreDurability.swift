import HostSystem
import Synchronization

/// Gets what was restored onto the medium: file by file while there are few, else the whole file system once.
///
/// A file system's pending writes may be those of everybody else on a busy host, and take minutes; an fsync of each of many
/// files would take longer still.
final class RestoreDurability: Sendable {
  private static let fewFiles = 64
  private let finished = Atomic<Int>(0)

  /// Writes a finished file to the medium if there were few before it.
  func finish(_ file: OpenFile) throws(SystemError) {
    guard finished.add(1, ordering: .relaxed).newValue <= Self.fewFiles else { return }
    try file.synchronize()
  }

  /// Whether every file and directory was written to the medium by itself, so that nothing is left to be done.
  var isComplete: Bool { finished.load(ordering: .relaxed) <= Self.fewFiles }
}
