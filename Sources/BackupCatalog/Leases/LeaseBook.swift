import GRDB
import HostSystem

/// The leases in force.
public struct LeaseBook: Sendable {
  let database: CatalogDatabase
  let clock: any HostClock

  /// Notes durably that something is about to be made; called before it is.
  ///
  /// - Throws: ``CatalogError`` `leaseHeld`, naming the holder, if there is a lease on it already: also if the holder
  ///   is this process, or is dead and wasn't reclaimed yet.
  public func acquire(_ claim: LeaseClaim) throws -> Lease {
    let now = clock.now()
    return try database.write(toDo: "note a lease on \(claim.kind) \(claim.subject)") { database in
      let held = try database.row(
        "SELECT * FROM lease WHERE kind = ? AND subject = ?", [claim.kind.rawValue, claim.subject])
      if let held {
        throw CatalogError(
          .leaseHeld, "cannot use \(claim.kind) \(claim.subject): another lease is on it", cause: "\(try Lease(held))",
          hint: "if that process is gone, the next run removes what it left")
      }
      try database.run(
        """
        INSERT INTO lease (kind, subject, details, run, pid, process_started, boot, acquired)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          claim.kind.rawValue, claim.subject, try jsonText(claim.details), claim.run?.description, claim.process.pid,
          Int64(bitPattern: claim.process.startTicks), claim.process.bootID, now.description,
        ])
      return Lease(id: database.lastInsertedRowID, claim: claim, acquired: .init(seconds: now.seconds))
    }
  }

  /// Adds what became known when the thing was made, such as the number of a loop device.
  ///
  /// - Returns: the lease with all its details; those of the same name are replaced.
  /// - Throws: ``CatalogError``.
  public func amend(_ lease: Lease, with details: [String: String]) throws -> Lease {
    var claim = lease.claim
    claim.details.merge(details) { $1 }
    try database.write(toDo: "amend the lease on \(claim.kind) \(claim.subject)") { database in
      try database.run("UPDATE lease SET details = ? WHERE id = ?", [try jsonText(claim.details), lease.id])
    }
    return Lease(id: lease.id, claim: claim, acquired: lease.acquired)
  }

  /// Ends a lease; called after the thing is gone. A lease that has ended already is left so.
  ///
  /// - Throws: ``CatalogError``.
  public func release(_ lease: Lease) throws {
    try database.write(toDo: "end the lease on \(lease.claim.kind) \(lease.claim.subject)") { database in
      try database.run("DELETE FROM lease WHERE id = ?", [lease.id])
    }
  }

  /// All leases in force, the oldest first.
  ///
  /// - Throws: ``CatalogError``.
  public func all() throws -> [Lease] {
    try database.read(toDo: "read the leases") { database in
      try database.rows("SELECT * FROM lease ORDER BY id").map(Lease.init)
    }
  }

  /// The leases of some runs, such as those that died; the latest first, which is the order in which things are removed.
  ///
  /// - Throws: ``CatalogError``.
  public func leases(of runs: [RunID]) throws -> [Lease] {
    let runs = Set(runs)
    return try all().reversed().filter { lease in lease.claim.run.map(runs.contains) ?? false }
  }

  /// The leases whose process is gone, the latest first.
  ///
  /// A process that lives keeps its leases, whatever became of its run: it may still be cleaning up.
  /// - Parameter isAlive: whether exactly this process still exists.
  /// - Throws: ``CatalogError``.
  public func abandoned(isAlive: (ProcessIdentity) throws -> Bool) throws -> [Lease] {
    try all().reversed().filter { try !isAlive($0.claim.process) }
  }
}
