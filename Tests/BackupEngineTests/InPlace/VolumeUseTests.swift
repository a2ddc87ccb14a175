import BackupModel
import HostSystem
import Testing
import VolumeSnapshots

@testable import BackupEngine

/// What is stopped for a restore in place, and what of it is never forgotten.
@Suite struct VolumeUseTests {
  private let wiki = Workload(kind: .deployment, namespace: "apps", name: "wiki", replicas: 3)
  private let cache = Workload(kind: .statefulSet, namespace: "apps", name: "cache", replicas: 1)

  private func record(_ use: RestoreRecord.Use?, _ workloads: [Workload]?) -> RestoreRecord {
    let begun = Timestamp(seconds: 1_763_787_600)
    var record = RestoreRecord(
      id: RestoreID(begun: begun), name: "t", repository: "r", begun: begun, keepSeconds: 1, parts: [])
    (record.use, record.workloads) = (use, workloads)
    return record
  }

  @Test func keepsWhatAnEarlierAttemptStoppedAndCouldNotStartAgain() {
    var record = record(.starting, [wiki])
    // It is scaled to zero, so it isn't found.
    record.noteUsers([])
    #expect(record.workloads == [wiki])
    record.noteUsers([cache])
    #expect(record.workloads == [wiki, cache])
  }

  @Test func keepsTheNumberOfPodsThatItHadWhenOnlySomeAreStartedAgain() {
    var record = record(.starting, [wiki])
    var fewer = wiki
    fewer.replicas = 1
    record.noteUsers([fewer])
    #expect(record.workloads == [wiki])
  }

  @Test(arguments: [nil, RestoreRecord.Use.running]) func notesWhatIsFoundNowWhereEverythingRuns(
    use: RestoreRecord.Use?
  ) {
    var record = record(use, [wiki])
    record.noteUsers([cache])
    #expect(record.workloads == [cache])
  }

  @Test func refusesToTakeForStartedWhatNoClusterCanStart() async throws {
    let host = VolumeHost(tools: HostTools(), leases: RefusedLeases(), clock: SystemClock(), holder: "tests")
    let use = VolumeUse(host, limits: VolumeUse.Limits(stop: .seconds(1), start: .seconds(1)))
    let stopped = record(.starting, [wiki])
    for step in [use.start, use.stop] {
      let error = try await #require(throws: VolumeError.self) { try await step(stopped) }
      #expect(error.message == "cannot stop or start deployment/wiki in apps: the configuration names no cluster")
      #expect(error.hint?.contains("kubectl scale deployment/wiki -n apps --replicas=3") == true)
    }
    try await use.start(record(.starting, []))
  }
}
