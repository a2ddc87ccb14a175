public import BackupCatalog

/// Removes what killed processes left, for commands that work on volumes outside of a run.
public struct VolumeReclaim: Sendable {
  private let reclaim: LeaseReclaim

  /// Looks in the leases of a catalog.
  public init(host: VolumeHost, catalog: Catalog) {
    reclaim = LeaseReclaim(book: catalog.leases, volumes: VolumeLeftovers(host: host))
  }

  /// Removes it.
  ///
  /// - Returns: a line for each thing that was removed, and for each that couldn't be.
  /// - Throws: `CatalogError`; `CancellationError`.
  public func run() async throws -> [String] { try await reclaim.run() }
}
