import HostSystem

/// The lock that lets one process at a time open, check, upgrade, make or move aside a catalog.
///
/// It is on a file of its own: the database's locks can't guard its being renamed. Held for the opening only, never
/// during a run, and let go by the kernel when a process dies.
struct OpeningLock {
  private let file: OpenFile

  /// Waits for the lock for as long as an opening can take.
  ///
  /// - Throws: ``CatalogError`` `busy` after that; `SystemError`.
  init(in directory: OpenFile) throws {
    file = try directory.open(Array("catalog.lock".utf8), .openOrCreate(permissions: 0o600))
    let pause = Monitor(false)
    for _ in 0..<Self.attempts {
      if try file.tryLock(exclusive: true) { return }
      _ = pause.wait(atMost: Self.secondsBetween) { _ in nil }
    }
    throw CatalogError(
      .busy, "cannot open the catalog in \(directory.path): another process has been opening it for a minute",
      hint: "see who it is: `fuser -v \(directory.path)/catalog.lock`")
  }

  /// Runs `body` while the lock is held, and lets go of it.
  func hold<Result>(_ body: () throws -> Result) rethrows -> Result {
    // Closing the file lets go of the lock, and the file would be closed after its last use.
    try withExtendedLifetime(file, body)
  }

  private static let attempts = 2400
  private static let secondsBetween = 0.025
}
