import Foundation
import Testing

@testable import BackupCommands

/// A restore in place of trees whose service names workloads, with the stand-in for `kubectl`.
@Suite(.timeLimit(.minutes(10))) struct RestoreWorkloadTests {
  private let scene: ServiceScene
  private let cluster: String
  private var runner: CommandRunner { scene.runner }

  init() async throws {
    // The scene writes its configuration before its directory is known here.
    cluster = FileManager.default.temporaryDirectory.appending(path: "backupctl-cluster-\(UUID().uuidString)").path
    let kubectl = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/kubectl").path
    scene = try await ServiceScene(
      """
      kubernetes: {command: [env, "KUBECTL_STATE=\(cluster)", \(kubectl)], timeout: 300s}
      services:
        - name: photos
          sources: [nfs/immich, ssd/immich]
          workloads: [deployment/immich in apps, statefulset/gone in apps]
      restore: {stop-within: 20s, start-within: 20s}
      """)
    try Data(
      #"""
      {"make": [{"kind": "deployment", "namespace": "apps", "name": "immich", "replicas": 2},
                {"kind": "deployment", "namespace": "apps", "name": "other"}],
       "timing": {"pod-end-calls": 1, "pod-ready-calls": 0, "detach-calls": 0}}
      """#.utf8
    ).write(to: URL(filePath: cluster))
  }

  private func state() throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: cluster))) as? [String: Any])
  }

  /// What was asked of the cluster, reading aside.
  private func changes() throws -> [String] {
    let calls = try #require(try state()["calls"] as? [[String: Any]])
    return calls.compactMap { ($0["arguments"] as? [String])?.joined(separator: " ") }.filter { !$0.hasPrefix("get ") }
  }

  private func removeCluster() {
    for path in [cluster, "\(cluster).lock"] {
      // A test that fails to clean up has said already what failed.
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  @Test func showsWhatWouldBeStoppedAndStopsNothing() async throws {
    defer { removeCluster() }
    let plan = await runner.run("restore", "photos", "--in-place", "--plan")
    #expect(plan.code == 0, "\(plan.messages)")
    #expect(
      plan.output.contains("workloads of the configuration\n  stops     deployment/immich in apps; started again"))
    #expect(
      plan.output.contains(
        "warning: statefulset/gone in apps is to be stopped, but isn't there: `kubectl get statefulset/gone -n apps`"))
    let json = await runner.run("restore", "photos", "--in-place", "--plan", "--json")
    let document = try #require(try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any])
    #expect(document["stops"] as? [String] == ["deployment/immich in apps"])
    #expect(document["absent"] as? [String] == ["statefulset/gone in apps"])
    #expect(try changes() == [])
    try scene.expectLiveUntouched()
  }

  @Test(arguments: [["photos"], ["photos", "--source", "nfs/immich"], ["nfs/immich"]])
  func stopsItForTheExchangeAndStartsItAgain(words: [String]) async throws {
    defer { removeCluster() }
    let result = await runner.run(["restore"] + words + ["--in-place", "--yes"])
    #expect(result.code == 3, "\(result.messages)")
    #expect(result.messages.contains("warning: statefulset/gone in apps is to be stopped, but isn't there"))
    #expect(try scene.text("\(scene.immich)/db") == "database")
    let once = ["scale deployment/immich -n apps --replicas=0", "scale deployment/immich -n apps --replicas=2"]
    #expect(try changes() == once)
    let undone = await runner.run("restore", "--undo", "--yes")
    #expect(undone.code == 3, "\(undone.messages)")
    #expect(undone.messages.contains("meanwhile stopped, if it runs: deployment/immich in apps, "))
    #expect(try scene.text("\(scene.immich)/db") == "broken")
    #expect(try changes() == once + once)
    #expect(await runner.run("restore", "--forget", "20261122T070000Z", "--yes").code == 0)
    #expect(try changes().count == 4, "nothing is stopped to remove what is kept")
  }

  @Test func touchesNoWorkloadForASourceOfAnotherService() async throws {
    defer { removeCluster() }
    #expect(await runner.run("restore", "nfs/vaultwarden-backup", "--in-place", "--yes").code == 0)
    #expect(try state()["calls"] == nil)
  }

  @Test func leavesTheOldTreesAndStartsItAgainIfItIsNotStoppedInTime() async throws {
    defer { removeCluster() }
    let config = "\(scene.directory)/config.yaml"
    try Data(try scene.text(config).replacingOccurrences(of: "stop-within: 20s", with: "stop-within: 1s").utf8)
      .write(to: URL(filePath: config))
    var state = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: cluster))) as? [String: Any])
    state["misbehave"] = ["never-end": true]
    try JSONSerialization.data(withJSONObject: state).write(to: URL(filePath: cluster))
    // The clock of the other tests stands still, so that no time would ever be over.
    let clock = runner.clock
    let ticking = Task {
      while !Task.isCancelled {
        try await Task.sleep(for: .milliseconds(200))
        clock.advance(seconds: 1)
      }
    }
    defer { ticking.cancel() }
    let result = await runner.run("restore", "photos", "--in-place", "--yes")
    #expect(result.code == 1, "\(result.messages)")
    #expect(
      result.messages.contains(
        "error: cannot put what was restored in place: what is there is still in use after 1 s\n"))
    #expect(result.messages.contains(" of deployment/immich is still there"))
    #expect(
      result.messages.contains("hint: what was stopped runs again; see what it is: `kubectl describe pod immich-"))
    #expect(try scene.text("\(scene.immich)/db") == "broken" && scene.text("\(scene.library)/extra") == "later")
    #expect(try changes().last == "scale deployment/immich -n apps --replicas=2")
  }

  @Test func changesNothingWhereTheClusterDoesNotAnswer() async throws {
    defer { removeCluster() }
    try Data("{".utf8).write(to: URL(filePath: cluster))
    let result = await runner.run("restore", "photos", "--in-place", "--yes")
    #expect(result.code != 0)
    #expect(result.messages.contains("error: cannot look at the pods of the namespace apps: "), "\(result.messages)")
    try scene.expectLiveUntouched()
    #expect(await runner.run("restore", "list").output.isEmpty)
  }

  @Test func printsWhatIsNamed() async throws {
    defer { removeCluster() }
    let shown = await runner.run("services", "show", "photos")
    #expect(
      shown.output.contains("\nstops      deployment/immich in apps, statefulset/gone in apps\n"), "\(shown.output)")
    let config = await runner.run("config", "show")
    #expect(
      config.output.contains(#"workloads: ["deployment/immich in apps", "statefulset/gone in apps"]"#),
      "\(config.output)")
  }
}
