import BackupCatalog
import BackupModel
import BackupPolicy
import Foundation
import HostSystem
import Synchronization
import Testing
import VolumeSnapshots

@testable import BackupEngine

@Suite final class KnownClaimsTests {
  /// Tools that answer what a test says next.
  private final class Cluster: ToolRunning {
    let answer = Mutex<Result<ChildResult, any Error>>(.success(ChildResult(end: .exited(0))))

    func run(_ tool: String, _ arguments: [String], input: [UInt8], timeLimit: Duration) async throws -> ChildResult {
      try answer.withLock { $0 }.get()
    }

    func answers(_ text: String, code: Int32 = 0) {
      answer.withLock {
        $0 = .success(ChildResult(end: .exited(code), output: Array(text.utf8), lastWords: ["no route to host"]))
      }
    }

    func fails(_ error: any Error & Sendable) { answer.withLock { $0 = .failure(error) } }
  }

  private final class StandingClock: HostClock {
    private let time = Mutex(Timestamp(CalendarTime(year: 2026, month: 11, day: 22, hour: 5)))
    func now() -> Timestamp { time.withLock { $0 } }
    func elapsed() -> Duration { .zero }
    func inodeTime() -> Timestamp { now() }
    func advance(seconds: Int64) { time.withLock { $0 = $0.adding(seconds: seconds) } }
  }

  private let cluster = Cluster()
  private let clock = StandingClock()
  private let directory = FileManager.default.temporaryDirectory.appending(path: "claims-\(UUID().uuidString)")
  private let declared = KubernetesDeclaration(command: ["kubectl"])

  deinit {
    try? FileManager.default.removeItem(at: directory)  // What can't be removed is left to the system.
  }

  private func catalog() throws -> Catalog { try Catalog.open(directory: directory.path, clock: clock) }

  private func ask(_ catalog: Catalog?, _ declared: KubernetesDeclaration? = nil) async throws -> KnownClaims {
    try await KnownClaims.ask(declared ?? self.declared, tools: cluster, catalog: catalog, clock: clock)
  }

  private static func list(_ names: String..., driver: String = "csi.proxmox.sinextra.dev") -> String {
    let items = names.map { name in
      """
      {"kind": "PersistentVolume", "metadata": {"name": "pvc-\(name)"}, "status": {"phase": "Bound"},
       "spec": {"capacity": {"storage": "1Gi"}, "claimRef": {"namespace": "media", "name": "\(name)"},
         "csi": {"driver": "\(driver)", "volumeHandle": "home/pve1/lvm/vm-9999-pvc-\(name)"}}}
      """
    }
    return "{\"kind\": \"List\", \"items\": [\(items.joined(separator: ","))]}"
  }

  @Test func isTodaysAnswerWithoutAWarningWhenTheClusterAnswers() async throws {
    cluster.answers(Self.list("a", "b"))
    let known = try await ask(try catalog())
    #expect(known.inventory?.claims.map(\.name) == ["a", "b"])
    #expect(known.claims == .known && known.warning == nil)
  }

  @Test func isTheLastAnswerWithItsAgeWhileTheClusterIsDown() async throws {
    cluster.answers(Self.list("a", "b"))
    let today = try await ask(try catalog())
    clock.advance(seconds: 26 * 3600)
    let down: [(String, () -> Void)] = [
      ("kubectl ended with code 1", { self.cluster.answers("", code: 1) }),
      ("it is not a list of persistent volumes", { self.cluster.answers("{\"kind\":") }),
      ("it took too long", { self.cluster.fails(ChildError(.timedOut, "it took too long")) }),
      ("names no claim of the driver csi.proxmox.sinextra.dev", { self.cluster.answers(Self.list()) }),
      ("only of other.dev", { self.cluster.answers(Self.list("x", driver: "other.dev")) }),
    ]
    for (why, happen) in down {
      happen()
      let known = try await ask(try catalog())
      #expect(known.inventory == today.inventory && known.claims == .known, "\(why)")
      let warning = try #require(known.warning)
      #expect(warning.hasPrefix("the claims of the cluster are those of 2026-11-22T05:00:00Z, 1d2h ago: "))
      #expect(warning.contains(why), "\(warning)")
    }
  }

  @Test func isUnknownWhenTheClusterIsDownAndNoAnswerWasKept() async throws {
    cluster.answers("", code: 1)
    for known in [try await ask(try catalog()), try await ask(nil)] {
      #expect(known.inventory == nil)
      #expect(
        known.warning == "the claims of the cluster are not known: cannot list the claims of the cluster: kubectl "
          + "ended with code 1 (no route to host); no earlier answer was kept")
      guard case .unknown(let why) = known.claims else {
        Issue.record("claims are known")
        continue
      }
      #expect(why.contains("kubectl ended with code 1"))
    }
  }

  @Test func isUnknownWhenTheKeptAnswerCanNotBeRead() async throws {
    cluster.answers(Self.list("a"))
    let opened = try catalog()
    _ = try await ask(opened)
    try opened.answers.keep("{\"claims\": 7}", to: "claims of csi.proxmox.sinextra.dev by kubectl")
    cluster.answers("", code: 1)
    let known = try await ask(opened)
    #expect(known.inventory == nil)
    #expect(known.warning?.contains("the earlier answer can't be read") == true)
  }

  @Test func takesNoAnswerOfAnotherClusterForThisOnes() async throws {
    cluster.answers(Self.list("a"))
    _ = try await ask(try catalog())
    cluster.answers("", code: 1)
    let other = KubernetesDeclaration(command: ["kubectl", "--context", "other"])
    #expect(try await ask(try catalog(), other).inventory == nil)
  }

  @Test func knowsThatAClusterThatNeverHadClaimsHasNone() async throws {
    cluster.answers(Self.list())
    let known = try await ask(try catalog())
    #expect(known.inventory?.claims == [] && known.claims == .known && known.warning == nil)
  }

  @Test func givesTheLastAnswerWithoutAsking() async throws {
    cluster.answers(Self.list("a"))
    let opened = try catalog()
    _ = try await ask(opened)
    let last = KnownClaims.last(of: declared, in: opened, now: clock.now(), because: "it was not asked")
    #expect(last.inventory?.claims.count == 1)
    #expect(last.warning?.hasSuffix("0s ago: it was not asked") == true)
  }

  @Test func asksNobodyWhenNoClusterIsDeclared() async throws {
    cluster.fails(ChildError(.lost, "asked"))
    let known = try await KnownClaims.ask(nil, tools: cluster, catalog: nil, clock: clock)
    #expect(known == .notAsked && known.warning == nil && known.inventory == nil)
  }

  @Test func passesOnACancellation() async throws {
    cluster.answers(Self.list("a"))
    let opened = try catalog()
    _ = try await ask(opened)
    cluster.fails(CancellationError())
    await #expect(throws: CancellationError.self) { try await self.ask(opened) }
  }
}
