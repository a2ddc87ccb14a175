public import BackupCatalog
import BackupModel
import HostSystem

/// Takes leases for this process on what must not outlive it.
public struct Leasing: Sendable {
  private let book: LeaseBook
  private let process: ProcessIdentity

  /// Takes leases in a book.
  public init(_ book: LeaseBook, process: ProcessIdentity) {
    self.book = book
    self.process = process
  }

  /// Takes a lease on a directory for short-lived files, before it is made.
  ///
  /// - Throws: `CatalogError`.
  func claimScratch(_ path: PathBytes) throws -> Lease {
    // A path that isn't text couldn't be found again by what the catalog keeps of it.
    try book.acquire(LeaseClaim(.scratch, on: path.displayedPath, by: process))
  }

  /// Ends a lease if the directory is gone; else a later run removes it.
  ///
  /// - Throws: `CatalogError`.
  func release(_ lease: Lease, ifGone path: PathBytes) throws {
    if !Self.exists(path) { try book.release(lease) }
  }

  private static func exists(_ path: PathBytes) -> Bool {
    do throws(SystemError) {
      _ = try OpenFile.open(path, .reference)
      return true
    } catch {
      return !error.isMissing
    }
  }
}

extension ProcessIdentity {
  /// The identity of a process that exists; nil if it doesn't.
  public static func running(_ process: Int32) -> ProcessIdentity? {
    ProcessStatus.startTicks(of: process).map {
      ProcessIdentity(pid: process, startTicks: $0, bootID: ProcessStatus.bootID())
    }
  }

  /// Whether exactly this process still exists.
  public var isAlive: Bool { Self.running(pid) == self }
}

extension RunRecord {
  /// The state, in which a run whose process is gone counts as dead although no later run has noted it yet.
  public var effectiveState: RunState { state == .running && !process.isAlive ? .died : state }
}

extension RecordedState {
  /// The state of a job or task, given how its run stands: what was going on in a run that died has died with it.
  ///
  /// The next run of the schedule notes the same in the journal; whoever looks before is told it already.
  public func within(_ run: RunState) -> RecordedState {
    run == .died && (self == .running || self == .expanding) ? .died : self
  }
}
