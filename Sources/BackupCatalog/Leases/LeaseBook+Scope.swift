import HostSystem

extension LeaseBook {
  /// Makes something under a lease, uses it, removes it, and ends the lease.
  ///
  /// Removing and ending happen however `use` ends, and are not told of any cancellation. A crash at any instant leaves
  /// the lease, by which a later run removes the thing.
  /// - Parameters:
  ///   - make: makes the thing, or throws and leaves nothing behind.
  ///   - remove: removes it. If it throws, the lease stays.
  /// - Throws: what `make` or `use` throws; ``CatalogError`` `notRemoved` if the thing couldn't be removed.
  public func withLease<Thing, Result>(
    _ claim: LeaseClaim, make: () throws -> Thing, remove: (Thing) throws -> Void, use: (Thing) throws -> Result
  ) throws -> Result {
    let lease = try acquire(claim)
    let thing = try makeOrRelease(lease, make)
    let result = Swift.Result { try use(thing) }
    do {
      try remove(thing)
    } catch {
      throw Self.notRemoved(claim, error, after: result.thrownError)
    }
    try release(lease, after: result.thrownError)
    return try result.get()
  }

  /// The same for work that suspends.
  ///
  /// `remove` runs in a task of its own, which the cancellation of the caller's doesn't reach.
  public func withLease<Thing: Sendable, Result: Sendable>(
    _ claim: LeaseClaim, make: @Sendable () async throws -> Thing,
    remove: @escaping @Sendable (Thing) async throws -> Void,
    use: @Sendable (Thing) async throws -> Result
  ) async throws -> Result {
    let lease = try await withWorkerThread { try acquire(claim) }
    let made: Swift.Result<Thing, any Error>
    do { made = .success(try await make()) } catch { made = .failure(error) }
    let thing = try await withWorkerThread { try makeOrRelease(lease) { try made.get() } }
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await use(thing)) } catch { result = .failure(error) }
    do {
      try await Task { try await remove(thing) }.value
    } catch {
      throw Self.notRemoved(claim, error, after: result.thrownError)
    }
    try await withWorkerThread { try release(lease, after: result.thrownError) }
    return try result.get()
  }

  private func makeOrRelease<Thing>(_ lease: Lease, _ make: () throws -> Thing) throws -> Thing {
    do {
      return try make()
    } catch {
      try release(lease, after: error)
      throw error
    }
  }

  /// Ends the lease; if that fails after another error, the other one is what matters, and the lease is reclaimed later.
  private func release(_ lease: Lease, after error: (any Error)?) throws {
    do {
      try release(lease)
    } catch let failure {
      throw error ?? failure
    }
  }

  private static func notRemoved(_ claim: LeaseClaim, _ error: any Error, after first: (any Error)?) -> CatalogError {
    CatalogError(
      .notRemoved, "cannot remove \(claim.kind) \(claim.subject): \(error)",
      cause: first.map { "it was to be removed because of another failure: \($0)" },
      hint: "the next run removes it; its lease stays until then")
  }
}

extension Result {
  fileprivate var thrownError: Failure? {
    guard case .failure(let error) = self else { return nil }
    return error
  }
}
