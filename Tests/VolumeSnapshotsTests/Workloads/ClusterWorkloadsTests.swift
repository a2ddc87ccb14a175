import HostSystem
import Testing

@testable import VolumeSnapshots

/// On a cluster where all goes well, or refuses at once.
@Suite(.timeLimit(.minutes(20))) struct ClusterWorkloadsTests {
  private typealias Scene = ClusterScene

  @Test(arguments: ClusterScene.shapes)
  func findsWhatUsesAClaim(_ shape: ClusterScene.Shape) async throws {
    let scene = try Scene(shape)
    let found = try await scene.workloads.users(of: shape.claim)
    #expect(found.map(\.withoutManifest) == [shape.workload])
    #expect((found.first?.manifest != nil) == (shape.workload.kind == .pod))
  }

  @Test(arguments: ClusterScene.shapes)
  func seesThePodsEndThenTheVolumeLetGoThenNothingAfterAStop(_ shape: ClusterScene.Shape) async throws {
    let scene = try Scene(shape, timing: ["pod-end-calls": 2, "detach-calls": 2])
    let stopped = try await scene.workloads.users(of: shape.claim)
    for workload in stopped { try await scene.workloads.stop(workload) }
    let seen = try await scene.obstacles(to: shape.claim, stopped: stopped)
    // One of a StatefulSet is there until those after it are gone.
    let there = seen.filter { $0.hasPrefix("the pod ") && $0.hasSuffix(" in apps still uses it") }
    let ending = seen.filter { $0.hasPrefix("the pod ") && $0.hasSuffix(" in apps still uses it while it ends") }
    let attached = seen.filter { $0 == "the volume \(shape.claim.persistentVolume) is still attached to pve1" }
    #expect(there.isEmpty != (shape.name == "a StatefulSet that makes its claims"), "\(seen)")
    #expect(ending.count >= 2 && attached.count >= 1, "\(seen)")
    #expect(seen == there + ending + attached)
    #expect(try scene.keys("Pod") == [])
    #expect(try scene.keys("VolumeAttachment") == [])
  }

  @Test(arguments: ClusterScene.shapes)
  func hasEverythingAsItWasAfterAStart(_ shape: ClusterScene.Shape) async throws {
    let scene = try Scene(shape)
    let workload = try #require(try await scene.workloads.users(of: shape.claim).first)
    let kind = workload.kind.inAPI
    let before = (object: try scene.object(kind, workload.key), pods: try scene.readyPods().count)
    try await scene.workloads.stop(workload)
    _ = try await scene.obstacles(to: shape.claim, stopped: [workload])
    #expect(try scene.readyPods() == [])
    try await scene.workloads.start(workload)
    #expect(try await scene.workloads.notReady([workload], limit: 40) == [])
    #expect(try scene.readyPods().count == before.pods)
    let after = try scene.object(kind, workload.key)
    #expect(after?["spec"] == before.object?["spec"])
    #expect(after?["metadata", "labels"] == before.object?["metadata", "labels"])
    #expect(after?["metadata", "generation"] == (kind == "Pod" ? 1 : 3))
  }

  @Test(arguments: ClusterScene.shapes)
  func canStopAndStartAgainWhatIsStoppedAndStarted(_ shape: ClusterScene.Shape) async throws {
    let scene = try Scene(shape)
    let workload = try #require(try await scene.workloads.users(of: shape.claim).first)
    for _ in 0..<2 { try await scene.workloads.stop(workload) }
    _ = try await scene.obstacles(to: shape.claim, stopped: [workload])
    try await scene.workloads.stop(workload)
    #expect(try await scene.workloads.obstacle(to: [shape.claim], stopped: [workload]) == nil)
    for _ in 0..<2 { try await scene.workloads.start(workload) }
    #expect(try await scene.workloads.notReady([workload], limit: 40) == [])
    try await scene.workloads.start(workload)
    #expect(try await scene.workloads.notReady([workload], limit: 1) == [])
    // What was so already is no change: one to stop it and one to start it.
    #expect(
      try scene.object(workload.kind.inAPI, workload.key)?["metadata", "generation"] == (workload.kind == .pod ? 1 : 3))
    #expect(try scene.calls("create").count == (workload.kind == .pod ? 1 : 0))
  }

  @Test func touchesNothingOfAnotherNamespaceOrClaim() async throws {
    let scene = try Scene(
      Scene.thing("deployment", "wiki"), Scene.volume("data"), Scene.thing("deployment", "wiki", in: "test"),
      Scene.volume("data", in: "test"), Scene.thing("statefulset", "db", claims: [], ["templates": ["data"]]),
      Scene.thing("daemonset", "agent", claims: ["other"]), Scene.thing("pod", "tool", claims: ["other", "data2"]),
      timing: Scene.quick)
    let workload = try await scene.workloads.users(of: Scene.claim())
    #expect(workload.map(\.description) == ["deployment/wiki in apps"])
    let keys = [
      ("Deployment", "test/wiki"), ("StatefulSet", "apps/db"), ("Pod", "apps/db-0"), ("DaemonSet", "apps/agent"),
      ("Pod", "apps/tool"),
    ]
    let before = try keys.map { try scene.object($0, $1) }
    #expect(!before.contains(nil))
    try await scene.workloads.stop(workload[0])
    #expect(try await scene.obstacles(to: Scene.claim(), stopped: workload).count > 0)
    #expect(try scene.keys("Pod").count == 4)
    #expect(try scene.keys("VolumeAttachment").count == 1)
    try await scene.workloads.start(workload[0])
    #expect(try await scene.workloads.notReady(workload, limit: 40) == [])
    #expect(try keys.map { try scene.object($0, $1) } == before)
    #expect(
      try scene.calls("scale") == [
        "scale deployment/wiki -n apps --replicas=0", "scale deployment/wiki -n apps --replicas=1",
      ])
  }

  @Test func findsTheUsersOfSeveralClaimsByNamespaceEachOnce() async throws {
    let scene = try Scene(
      Scene.thing("pod", "z"), Scene.thing("deployment", "y", claims: ["data", "more"]),
      Scene.thing("pod", "x", in: "b"))
    let claims = [Scene.claim("data", in: "b"), Scene.claim("data"), Scene.claim("more")]
    let found = try await scene.workloads.users(of: claims)
    #expect(found.map(\.description) == ["deployment/y in apps", "pod/z in apps", "pod/x in b"])
    #expect(try scene.calls("get").count == 2)
  }

  // MARK: - What is named

  private static let named = [
    Workload(kind: .deployment, namespace: "apps", name: "web"),
    Workload(kind: .statefulSet, namespace: "b", name: "db"),
    Workload(kind: .deployment, namespace: "apps", name: "gone"),
    Workload(kind: .deployment, namespace: "apps", name: "off"),
  ]

  private static func namedScene(timing: JSONTree = Scene.quick) throws -> Scene {
    try Scene(
      Scene.thing("deployment", "web", claims: [], ["replicas": 2]),
      Scene.thing("statefulset", "db", claims: [], in: "b"),
      Scene.thing("deployment", "off", claims: [], ["replicas": 0]), Scene.thing("deployment", "other", claims: []),
      timing: timing)
  }

  @Test func findsWhatIsNamedWithItsPodsAndSaysWhatIsNotThere() async throws {
    let scene = try Self.namedScene()
    let found = try await scene.workloads.look(for: Self.named)
    #expect(found.running.map(\.description) == ["deployment/web in apps", "statefulset/db in b"])
    #expect(found.running.map(\.replicas) == [2, 1])
    #expect(found.absent.map(\.description) == ["deployment/gone in apps"])
    #expect(try scene.calls("get").count == 2, "once a namespace")
    #expect(try await scene.workloads.look(for: []).running == [])
  }

  @Test func waitsUntilWhatIsNamedHasNoPodsThoughItUsesNoClaim() async throws {
    let scene = try Self.namedScene(timing: ["pod-end-calls": 2])
    let running = try await scene.workloads.look(for: Self.named).running
    for workload in running { try await scene.workloads.stop(workload) }
    var seen: [String] = []
    while seen.count < 40,
      let obstacle = try await scene.workloads.obstacle(to: [], stopped: running, emptied: Self.named)
    {
      seen.append(obstacle.text)
    }
    #expect(seen.count > 1 && seen.allSatisfy { $0.hasPrefix("the pod ") }, "\(seen)")
    #expect(seen.contains { $0.contains(" of deployment/web is still there while it ends") }, "\(seen)")
    #expect(try scene.keys("Pod").map { $0.split(separator: "-")[0] } == ["apps/other"], "nothing else was stopped")
    for workload in running { try await scene.workloads.start(workload) }
    #expect(try await scene.workloads.notReady(running, limit: 40) == [])
    #expect(try scene.readyPods().count == 4)
  }

  @Test func refusesIfWhatIsNamedIsStartedAgainBySomethingElse() async throws {
    let scene = try Self.namedScene()
    let running = try await scene.workloads.look(for: Self.named).running
    for workload in running { try await scene.workloads.stop(workload) }
    try await scene.kubectl("scale", "statefulset/db", "-n", "b", "--replicas=1")
    let error = try await #require(throws: VolumeError.self) {
      for _ in 0..<40 { _ = try await scene.workloads.obstacle(to: [], stopped: running, emptied: Self.named) }
    }
    #expect(error.message == "cannot keep statefulset/db in b stopped: something else started it again")
  }

  @Test func asksNothingForNoClaims() async throws {
    let scene = try Scene()
    #expect(try await scene.workloads.users(of: []) == [])
    #expect(try await scene.workloads.obstacle(to: [], stopped: []) == nil)
    #expect(try await scene.workloads.notReady([], limit: 5) == [])
    #expect(try scene.calls("") == [])
  }

  @Test func findsNobodyWhenNoPodUsesAClaim() async throws {
    let scene = try Scene(Scene.volume("data"))
    #expect(try await scene.workloads.users(of: Scene.claim()) == [])
    #expect(try await scene.workloads.obstacle(to: [Scene.claim()], stopped: []) == nil)
  }

  // MARK: - What is left out or refused

  @Test func leavesOutWhatHasNoReplicas() async throws {
    let scene = try Scene(
      Scene.thing("deployment", "wiki", ["replicas": 0]), Scene.thing("statefulset", "db", ["replicas": 0]),
      Scene.thing("deployment", "runs"))
    #expect(try await scene.workloads.users(of: Scene.claim()).map(\.name) == ["runs"])
  }

  @Test func waitsForThePodsOfWhatWasScaledDownAMomentAgo() async throws {
    let scene = try Scene(Scene.thing("deployment", "wiki"), Scene.volume("data"))
    try await scene.kubectl("scale", "deployment/wiki", "-n", "apps", "--replicas=0")
    #expect(try await scene.workloads.users(of: Scene.claim()) == [])
    let seen = try await scene.obstacles(to: Scene.claim(), stopped: [])
    #expect(seen.first?.hasSuffix("still uses it while it ends") == true, "\(seen)")
    #expect(seen.count < 10)
  }

  @Test(arguments: ["Succeeded", "Failed"])
  func passesOverPodsThatAreOver(_ phase: String) async throws {
    let scene = try Scene(
      Scene.thing("pod", "done", ["phase": .text(phase)]),
      Scene.thing("pod", "import-x", ["phase": .text(phase), "owner": ["kind": "Job", "name": "import"]]),
      Scene.volume("data"))
    #expect(try await scene.workloads.users(of: Scene.claim()) == [])
    #expect(try await scene.workloads.obstacle(to: [Scene.claim()], stopped: []) == nil)
  }

  private func refusal(_ make: JSONTree, of claim: ClaimInUse = ClusterScene.claim()) async throws -> VolumeError {
    let scene = try Scene(make, Scene.thing("deployment", "wiki"))
    let error = try await #require(throws: VolumeError.self) { try await scene.workloads.users(of: claim) }
    #expect(error.code == .refused)
    #expect(try scene.calls("").allSatisfy { $0.hasPrefix("get ") })
    return error
  }

  @Test func refusesAStatefulSetThatDeletesItsClaimsWhenItIsScaledDown() async throws {
    let error = try await refusal(
      Scene.thing(
        "statefulset", "db", claims: [],
        [
          "templates": ["data"],
          "spec": ["persistentVolumeClaimRetentionPolicy": ["whenDeleted": "Retain", "whenScaled": "Delete"]],
        ]), of: Scene.claim("data-db-0"))
    #expect(error.message.hasPrefix("cannot stop statefulset/db in apps: it deletes its claims"))
    #expect(error.hint?.hasPrefix("kubectl patch statefulset/db -n apps --type merge -p ") == true)
  }

  @Test(arguments: [("Job", "import"), ("Cluster", "pg"), ("Node", "pve1")])
  func refusesAPodOfSomethingThatOnlyItsOwnToolsStop(_ kind: String, _ name: String) async throws {
    let error = try await refusal(
      Scene.thing("pod", "\(name)-1", ["owner": ["kind": .text(kind), "name": .text(name)]]))
    #expect(error.message.contains("the pod \(name)-1 in apps: the \(kind) \(name) runs it"), "\(error)")
    #expect(error.hint?.contains("`kubectl get pod \(name)-1 -n apps`") == true)
  }

  @Test func refusesAReplicaSetWithoutADeployment() async throws {
    let error = try await refusal(Scene.thing("replicaset", "old"))
    #expect(error.message.contains("the ReplicaSet old runs it"), "\(error)")
  }

  @Test func refusesAPodWithWhichItsClaimIsDeleted() async throws {
    let error = try await refusal(
      Scene.thing(
        "pod", "tool", claims: [],
        ["volumes": [["name": "scratchpad", "ephemeral": ["volumeClaimTemplate": ["spec": [:]]]]]]),
      of: Scene.claim("tool-scratchpad"))
    #expect(error.message.contains("tool"), "\(error)")
    #expect(error.message.contains("deleted with it"), "\(error)")
  }

  // MARK: - Pods that nothing makes anew

  @Test func writesAPodDownWithoutWhatTheClusterAddsToIt() async throws {
    let scene = try Scene(Scene.thing("pod", "tool"), timing: Scene.quick)
    let workload = try #require(try await scene.workloads.users(of: Scene.claim()).first)
    let manifest = try JSONTree(parsing: Array(try #require(workload.manifest).utf8))
    guard case .mapping(let metadata)? = manifest["metadata"] else { throw VolumeError(.notFound, "no metadata") }
    #expect(metadata.keys.sorted() == ["labels", "name", "namespace"])
    #expect(manifest["status"] == nil)
    #expect(manifest["spec", "nodeName"] == nil)
    let spec = try scene.object("Pod", "apps/tool")?["spec"]
    #expect(spec?["nodeName"] != nil)
    #expect(manifest["spec"] == spec?.without("nodeName"))
  }

  @Test func startsAPodOnlyAfterTheOldOneIsGone() async throws {
    let scene = try Scene(Scene.thing("pod", "tool"), timing: ["pod-end-calls": 4, "pod-ready-calls": 1])
    let workload = try #require(try await scene.workloads.users(of: Scene.claim()).first)
    let old = try scene.object("Pod", "apps/tool")?["metadata", "uid"]
    try await scene.workloads.stop(workload)
    try await scene.workloads.start(workload)
    #expect(try await scene.workloads.notReady([workload], limit: 40) == [])
    let new = try scene.object("Pod", "apps/tool")?["metadata"]
    #expect(new?["uid"] != nil && new?["uid"] != old && new?["deletionTimestamp"] == nil)
  }

  @Test func saysThatAPodCannotBeStartedWhenTheOldOneNeverEnds() async throws {
    let tools = AnsweringTools(
      """
      {"kind": "List", "items": [{"kind": "Pod", "metadata": {"name": "tool", "deletionTimestamp": "2026-03-01T10:00:00Z"},
      "spec": {}, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}]}
      """)
    let workloads = ClusterWorkloads(command: ["kubectl"], timeLimit: .seconds(5), tools: tools) { _ in }
    let pod = Workload(kind: .pod, namespace: "apps", name: "tool", manifest: "{}")
    let error = try await #require(throws: VolumeError.self) { try await workloads.start(pod) }
    #expect(error.code == .busy)
    #expect(error.message.hasPrefix("cannot start pod/tool in apps again: "))
    #expect(error.hint == "kubectl describe pod tool -n apps")
    #expect(!tools.vectors.contains { $0.contains("create") })
    #expect(try await workloads.notReady([pod], limit: 2) == [pod])
  }

  @Test func saysWhatAPersonTypesToStartSomethingByHand() {
    let texts = Scene.shapes.map { ClusterWorkloads.handStart($0.workload) }
    #expect(texts[0] == "kubectl scale deployment/wiki -n apps --replicas=2")
    #expect(texts[1] == "kubectl scale statefulset/db -n apps --replicas=2")
    #expect(texts[3].hasPrefix("kubectl patch daemonset/agent -n apps --type json -p '[{\"op\":\"remove\","))
    // What made it is in the record of the restore, which knows how to create it again.
    #expect(texts[4] == "backupctl restore --resume")
  }
}

extension Workload {
  fileprivate var key: String { "\(namespace)/\(name)" }
  fileprivate var withoutManifest: Workload {
    Workload(kind: kind, namespace: namespace, name: name, replicas: replicas)
  }
}

extension Workload.Kind {
  /// As the API writes it.
  fileprivate var inAPI: String {
    switch self {
    case .deployment: "Deployment"
    case .statefulSet: "StatefulSet"
    case .daemonSet: "DaemonSet"
    case .pod: "Pod"
    }
  }
}
