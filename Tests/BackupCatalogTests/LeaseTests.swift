import BackupModel
import Synchronization
import Testing

@testable import BackupCatalog

@Suite struct LeaseTests {
  private struct Broken: Error, CustomStringConvertible { let description: String }

  private let scene: CatalogScene
  private let leases: LeaseBook
  private let process = CatalogScene.process
  private let run = RunID(schedule: "weekly", begun: .init(seconds: 1_700_000_000))

  init() throws {
    scene = try CatalogScene()
    leases = try scene.open().leases
  }

  private var claim: LeaseClaim {
    LeaseClaim(.mount, on: "/run/backupctl/mail", details: ["device": "/dev/loop7"], by: process, for: run)
  }

  @Test func keepsALeaseUntilItIsReleased() throws {
    let lease = try leases.acquire(claim)
    let other = try leases.acquire(LeaseClaim(.scratch, on: "/run/backupctl/mail", by: process))
    #expect(try leases.all() == [lease, other])
    #expect(lease.claim == claim)
    #expect(try scene.open().leases.all() == [lease, other])
    try leases.release(lease)
    try leases.release(lease)
    #expect(try leases.all() == [other])
  }

  @Test func refusesASecondLeaseOnTheSameThingNamingTheHolder() throws {
    let lease = try leases.acquire(claim)
    let refused = try failure { _ = try leases.acquire(claim) }
    #expect(refused.code == .leaseHeld)
    #expect(refused.category == .busy)
    #expect(refused.message == "cannot use mount /run/backupctl/mail: another lease is on it")
    #expect(
      refused.cause
        == "mount /run/backupctl/mail, held by process 4711 of run weekly-20231114T221320Z since 2026-11-22T05:00:00Z")
    try leases.release(lease)
    let next = try leases.acquire(claim)
    try leases.release(lease)
    #expect(try leases.all() == [next])
  }

  @Test func addsWhatBecomesKnownLater() throws {
    let lease = try leases.amend(try leases.acquire(claim), with: ["device": "/dev/loop8", "size": "5"])
    #expect(lease.claim.details == ["device": "/dev/loop8", "size": "5"])
    #expect(try leases.all() == [lease])
  }

  @Test func findsTheLeasesOfRunsAndOfProcessesThatAreGone() throws {
    let other = ProcessIdentity(pid: process.pid, startTicks: process.startTicks, bootID: "another boot")
    let first = try leases.acquire(claim)
    let second = try leases.acquire(LeaseClaim(.luks, on: "mail", by: other, for: run))
    let third = try leases.acquire(LeaseClaim(.fifo, on: "/run/f", by: other))
    #expect(try leases.leases(of: [run]) == [second, first])
    #expect(try leases.leases(of: []).isEmpty)
    #expect(try leases.abandoned { $0 == process } == [third, second])
    #expect(try leases.abandoned { _ in true }.isEmpty)
  }

  @Test func outliveTheRunThatTheyWereTakenFor() throws {
    let runs = try scene.open().runs
    let begun = try runs.begin(.sample())
    let lease = try leases.acquire(LeaseClaim(.mount, on: "/m", by: process, for: begun.id))
    try runs.finish(begun.id, as: .ok)
    scene.clock.advance(seconds: 500 * 86_400)
    #expect(try runs.forgetOld(keepingLast: 0) == 1)
    #expect(try leases.all() == [lease])
  }

  @Test func removesAndReleasesWhateverTheUseThrows() throws {
    let steps = Mutex<[String]>([])
    func note(_ step: String) throws {
      let held = try leases.all().count
      steps.withLock { $0.append("\(step) \(held)") }
    }
    #expect(throws: CancellationError.self) {
      try leases.withLease(claim, make: { try note("make") }, remove: { try note("remove") }) {
        try note("use")
        throw CancellationError()
      }
    }
    let value = try leases.withLease(claim, make: { 20 }, remove: { _ in try note("remove") }) { $0 + 1 }
    #expect(value == 21)
    #expect(steps.withLock { $0 } == ["make 1", "use 1", "remove 1", "remove 1"])
    #expect(try leases.all().isEmpty)
  }

  @Test func releasesWhenNothingWasMade() throws {
    #expect(throws: Broken.self) {
      try leases.withLease(claim, make: { throw Broken(description: "no device") }, remove: { _ in }) { _ in }
    }
    #expect(try leases.all().isEmpty)
  }

  @Test func keepsTheLeaseWhenTheThingCanNotBeRemoved() throws {
    let failed = try failure {
      try leases.withLease(claim, make: {}, remove: { throw Broken(description: "target is busy") }) {
        throw Broken(description: "disk full")
      }
    }
    #expect(failed.code == .notRemoved)
    #expect(failed.message == "cannot remove mount /run/backupctl/mail: target is busy")
    #expect(failed.cause == "it was to be removed because of another failure: disk full")
    #expect(try leases.all().map(\.claim) == [claim])
  }

  @Test func removesAndReleasesInACancelledTask() async throws {
    let (leases, claim) = (leases, claim)
    let seen = Mutex<[Bool]>([])
    let task = Task {
      try await leases.withLease(
        claim, make: {}, remove: { seen.withLock { $0.append(Task.isCancelled) } },
        use: {
          while !Task.isCancelled { await Task.yield() }
          seen.withLock { $0.append(Task.isCancelled) }
          try Task.checkCancellation()
        })
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(seen.withLock { $0 } == [true, false])
    #expect(try leases.all().isEmpty)
  }
}
