import HostSystem
import Testing

@testable import VolumeSnapshots

/// On a cluster that is slow, changed by others, out of reach or says nonsense.
@Suite(.timeLimit(.minutes(20))) struct ClusterWorkloadsTroubleTests {
  private typealias Scene = ClusterScene

  private static let wiki = Workload(kind: .deployment, namespace: "apps", name: "wiki", replicas: 2)
  private static let refused =
    "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?"
  private static let unauthorized = "error: You must be logged in to the server (Unauthorized)"
  private static let lost =
    "Error from server (Timeout): the server was unable to return a response in the time allotted, but may still be processing "
    + "the request"

  private func scene(timing: JSONTree = Scene.quick, misbehave: JSONTree = [:]) throws -> ClusterScene {
    try Scene(Scene.shapes[0], timing: timing, misbehave: misbehave)
  }

  private func error(_ body: () async throws -> Void) async throws -> VolumeError {
    try await #require(throws: VolumeError.self) { try await body() }
  }

  // MARK: - Slow

  @Test func waitsAsLongAsAPodTakesToEnd() async throws {
    let scene = try scene(timing: ["pod-end-calls": 9])
    try await scene.workloads.stop(Self.wiki)
    #expect(try await scene.obstacles(to: Scene.claim(), stopped: [Self.wiki]).count >= 9)
  }

  @Test func namesThePodThatNeverEnds() async throws {
    let scene = try scene(misbehave: ["never-end": true])
    try await scene.workloads.stop(Self.wiki)
    let claims = [Scene.claim()]
    for _ in 0..<4 {
      let obstacle = try #require(try await scene.workloads.obstacle(to: claims, stopped: [Self.wiki]))
      let pod = try #require(try scene.keys("Pod").first).dropFirst("apps/".count)
      #expect(obstacle.text == "the pod \(pod) in apps still uses it while it ends")
      #expect(obstacle.hint == "kubectl describe pod \(pod) -n apps")
    }
  }

  @Test func namesTheVolumeThatIsNeverDetached() async throws {
    let scene = try scene(misbehave: ["never-detach": true])
    try await scene.workloads.stop(Self.wiki)
    let seen = try await scene.obstacles(to: Scene.claim(), stopped: [Self.wiki], atMost: 8)
    #expect(seen.count == 8)
    #expect(seen.last == "the volume pv-apps-data is still attached to pve1")
    let obstacle = try await scene.workloads.obstacle(to: [Scene.claim()], stopped: [Self.wiki])
    #expect(obstacle?.hint == "kubectl get volumeattachments | grep pv-apps-data")
  }

  @Test func namesWhatIsNeverReadyAfterLookingAsOftenAsAllowed() async throws {
    let scene = try scene(misbehave: ["never-ready": true])
    #expect(try await scene.workloads.notReady([Self.wiki], limit: 1) == [])
    try await scene.kubectl(
      "delete", "pod/\(try #require(try scene.keys("Pod").first).dropFirst(5))", "-n", "apps", "--wait=false")
    #expect(try await scene.workloads.notReady([Self.wiki], limit: 3) == [Self.wiki])
    #expect(scene.waitCount == 2)
    #expect(try scene.calls("get").count == 1 + 3)
    try scene.misbehave([:])
    #expect(try await scene.workloads.notReady([Self.wiki], limit: 10) == [])
  }

  @Test func isNotReadyBeforeTheControllerKnowsThatItIsStarted() async throws {
    let scene = try scene(timing: ["notice-calls": 3])
    #expect(try await scene.workloads.notReady([Self.wiki], limit: 1) == [])
    try await scene.workloads.stop(Self.wiki)
    try await scene.workloads.start(Self.wiki)
    // Its pods still run, and its status still says so.
    #expect(try scene.readyPods().count == 2)
    #expect(try await scene.workloads.notReady([Self.wiki], limit: 1) == [Self.wiki])
    #expect(try await scene.workloads.notReady([Self.wiki], limit: 20) == [])
  }

  @Test func holdsAVolumeForUsedUntilTheControllerKnowsOfTheStop() async throws {
    // The only pod is gone, as after an eviction, and its controller is about to make another.
    let scene = try Scene(
      Scene.shapes[2], timing: ["pod-end-calls": 1, "pod-ready-calls": 0, "detach-calls": 0, "notice-calls": 3])
    let database = Scene.shapes[2].workload
    try await scene.kubectl("delete", "pod/db-0", "-n", "apps", "--wait=false")
    try await scene.workloads.stop(database)
    let seen = try await scene.obstacles(to: Scene.claim(), stopped: [database])
    #expect(try scene.keys("Pod") == [])
    let last = try await scene.workloads.obstacle(to: [Scene.claim()], stopped: [database])
    #expect(last == nil)
    #expect(try scene.keys("Pod") == [], "\(seen)")
    #expect(
      seen.contains("the controller of statefulset/db in apps doesn't know yet that it is to have no pods"), "\(seen)")
  }

  // MARK: - Others

  /// One of each way to stop and start.
  static let ways = [ClusterScene.shapes[0], ClusterScene.shapes[3], ClusterScene.shapes[4]]

  @Test(arguments: ways.prefix(2))
  func saysWhoseStopSomethingElseUndid(_ shape: ClusterScene.Shape) async throws {
    let scene = try Scene(shape, timing: ["pod-end-calls": 4], misbehave: ["scale-back-after": 2])
    let workload = shape.workload
    try await scene.workloads.stop(workload)
    let error = try await error { _ = try await scene.obstacles(to: shape.claim, stopped: [workload]) }
    #expect(error.code == .refused)
    #expect(error.message == "cannot keep \(workload) stopped: something else started it again")
    #expect(error.cause == workload.replicas.map { "it is to have \($0) pods" })
    #expect(error.hint?.contains("an autoscaler") == true)
  }

  @Test func triesAChangeAgainThatMeetsAnotherOne() async throws {
    let scene = try scene(misbehave: ["conflicts": 3])
    try await scene.workloads.stop(Self.wiki)
    #expect(try scene.object("Deployment", "apps/wiki")?["spec", "replicas"] == 0)
    #expect(try scene.calls("scale").count == 4)
    #expect(scene.waitCount == 3)
  }

  @Test(arguments: ways)
  func tellsOfAChangeThatAlwaysMeetsAnotherOne(_ shape: ClusterScene.Shape) async throws {
    let scene = try Scene(shape, misbehave: ["conflicts": 1000])
    let error = try await error { try await scene.workloads.stop(shape.workload) }
    #expect(error.code == .toolFailed)
    #expect(error.message.hasPrefix("cannot stop \(shape.workload): "))
    #expect(error.cause?.contains("the object has been modified") == true, "\(error)")
    #expect(scene.waitCount == 3)
  }

  @Test func saysThatWhatIsStoppedIsNotThere() async throws {
    let scene = try scene()
    try await scene.kubectl("delete", "deployment/wiki", "-n", "apps", "--wait=false")
    for change in [scene.workloads.stop, scene.workloads.start] {
      let error = try await error { try await change(Self.wiki) }
      #expect(error.code == .toolFailed)
      #expect(error.cause == "Error from server (NotFound): deployments.apps \"wiki\" not found")
      #expect(error.hint?.contains("--context home scale deployment/wiki -n apps --replicas=") == true)
    }
    // Its pods end all the same, and then nothing is in the way.
    #expect(try await scene.obstacles(to: Scene.claim(), stopped: [Self.wiki]).count < 10)
    #expect(try await scene.workloads.notReady([Self.wiki], limit: 1) == [Self.wiki])
  }

  @Test func stopsAPodThatIsGoneAlready() async throws {
    try await scene().workloads.stop(Workload(kind: .pod, namespace: "apps", name: "tool"))
  }

  @Test func passesOnThatAPodCannotBeMade() async throws {
    let scene = try scene()
    let manifest: JSONTree = [
      "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "tool", "resourceVersion": "7"],
      "spec": ["containers": [["name": "main"]]],
    ]
    let pod = Workload(
      kind: .pod, namespace: "apps", name: "tool", manifest: String(decoding: try manifest.encoded(), as: UTF8.self))
    let error = try await error { try await scene.workloads.start(pod) }
    #expect(error.code == .toolFailed)
    #expect(error.cause?.hasSuffix("resourceVersion should not be set on objects to be created") == true, "\(error)")
  }

  // MARK: - Out of reach

  @Test(arguments: [refused, unauthorized])
  func saysWhyTheClusterAnswersNothing(_ words: String) async throws {
    let scene = try scene(misbehave: ["fail": ["get": .text(words), "scale": .text(words)]])
    let workloads = scene.workloads
    for (part, attempt) in [
      ("look at the pods of the namespace apps", { _ = try await workloads.users(of: Scene.claim()) }),
      (
        "look at the pods of the namespace apps",
        { _ = try await workloads.obstacle(to: [Scene.claim()], stopped: [Self.wiki]) }
      ), ("look at the pods of the namespace apps", { _ = try await workloads.notReady([Self.wiki], limit: 3) }),
      ("stop deployment/wiki in apps", { try await workloads.stop(Self.wiki) }),
      ("start deployment/wiki in apps again", { try await workloads.start(Self.wiki) }),
    ] as [(String, () async throws -> Void)] {
      let error = try await error(attempt)
      #expect(error.code == .toolFailed)
      #expect(error.message.hasPrefix("cannot \(part): "), "\(error)")
      #expect(error.cause == words)
    }
  }

  @Test func holdsNoVolumeForFreeWhenTheAttachedOnesCannotBeListed() async throws {
    let scene = try scene(misbehave: ["fail": ["get volumeattachments": .text(Self.refused)]])
    try await scene.workloads.stop(Self.wiki)
    let error = try await error { _ = try await scene.obstacles(to: Scene.claim(), stopped: [Self.wiki]) }
    #expect(error.message.hasPrefix("cannot list the attached volumes: "))
    #expect(error.cause == Self.refused)
  }

  @Test(arguments: ways)
  func canDoAgainWhatHadItsEffectThoughTheAnswerWasLost(_ shape: ClusterScene.Shape) async throws {
    let verbs = ["scale", "patch", "delete", "create"]
    let lost = JSONTree.mapping(Dictionary(uniqueKeysWithValues: verbs.map { ($0, .list([.text(Self.lost), 1])) }))
    let scene = try Scene(shape, misbehave: ["fail-after": lost])
    let workload = try #require(try await scene.workloads.users(of: shape.claim).first)
    #expect(try await error { try await scene.workloads.stop(workload) }.cause == Self.lost)
    try await scene.workloads.stop(workload)
    _ = try await scene.obstacles(to: shape.claim, stopped: [workload])
    try scene.misbehave(["fail-after": lost])
    #expect(try await error { try await scene.workloads.start(workload) }.cause == Self.lost)
    try await scene.workloads.start(workload)
    #expect(try await scene.workloads.notReady([workload], limit: 40) == [])
    #expect(try scene.readyPods().count == workload.replicas ?? 1)
  }

  @Test(arguments: ["get", "scale"])
  func stopsACallThatHangs(_ verb: String) async throws {
    let scene = try scene(misbehave: ["hang": .mapping([verb: 1000])])
    let workloads = scene.workloads(timeLimit: .milliseconds(200))
    let error = try await #require(throws: ChildError.self) {
      if verb == "get" { _ = try await workloads.users(of: Scene.claim()) } else { try await workloads.stop(Self.wiki) }
    }
    #expect(error.code == .timedOut)
  }

  @Test(arguments: zip(ways, [true, true, false]))
  func startsAgainEvenWhenItsTaskIsCancelled(_ shape: ClusterScene.Shape, meetingAnotherChange: Bool) async throws {
    let scene = try Scene(shape)
    let workload = try #require(try await scene.workloads.users(of: shape.claim).first)
    try await scene.workloads.stop(workload)
    _ = try await scene.obstacles(to: shape.claim, stopped: [workload])
    if meetingAnotherChange { try scene.misbehave(["conflicts": 1]) }
    let workloads = scene.workloads { _ in try await Task.sleep(for: .milliseconds(1)) }
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      try await workloads.start(workload)
    }
    task.cancel()
    try await task.value
    #expect(try await scene.workloads.notReady([workload], limit: 40) == [])
  }

  // MARK: - Nonsense

  @Test func refusesHalfAnAnswer() async throws {
    let scene = try scene(misbehave: ["garbage": ["get": true]])
    for attempt in [
      { _ = try await scene.workloads.users(of: Scene.claim()) },
      { _ = try await scene.workloads.obstacle(to: [Scene.claim()], stopped: [Self.wiki]) },
      { _ = try await scene.workloads.notReady([Self.wiki], limit: 3) },
    ] as [() async throws -> Void] {
      let error = try await error(attempt)
      #expect(error.code == .unusableOutput)
      #expect(error.message == "cannot look at the pods of the namespace apps: the cluster's answer is not whole JSON")
      #expect(error.hint?.hasSuffix("--context home get \(WorkloadList.kinds) -n apps -o json`") == true)
    }
  }

  @Test func refusesHalfAnAnswerAboutAttachedVolumes() async throws {
    let scene = try scene(misbehave: ["garbage": ["get volumeattachments": true]])
    try await scene.workloads.stop(Self.wiki)
    let error = try await error { _ = try await scene.obstacles(to: Scene.claim(), stopped: [Self.wiki]) }
    #expect(error.code == .unusableOutput)
    #expect(error.message == "cannot list the attached volumes: the cluster's answer is not whole JSON")
  }

  @Test(
    arguments: [
      "{}", "[]", "null", #"{"kind": "Status", "items": []}"#, #"{"kind": "List"}"#, #"{"kind": "List", "items": {}}"#,
      #"{"items": []}"#,
    ])
  func holdsNoVolumeForFreeAfterAnAnswerThatIsNoList(_ text: String) async throws {
    let workloads = ClusterWorkloads(command: ["kubectl"], timeLimit: .seconds(5), tools: AnsweringTools(text)) { _ in }
    for attempt in [
      { _ = try await workloads.users(of: Scene.claim()) },
      { _ = try await workloads.obstacle(to: [Scene.claim()], stopped: []) },
      { _ = try await workloads.notReady([Self.wiki], limit: 1) },
    ] as [() async throws -> Void] {
      let error = try await error(attempt)
      #expect(error.code == .unusableOutput)
      #expect(error.message == "cannot use the cluster's answer about the namespace apps: it is not a list")
    }
  }

  @Test func passesOnThatTheProgramIsMissing() async throws {
    let missing = ChildError(.notStarted, "cannot run kubectl: no such program")
    let tools = AnsweringTools(failing: missing)
    let workloads = ClusterWorkloads(command: ["kubectl"], timeLimit: .seconds(5), tools: tools) { _ in }
    await #expect(throws: missing) { try await workloads.users(of: Scene.claim()) }
    await #expect(throws: missing) { try await workloads.stop(Self.wiki) }
    await #expect(throws: missing) { try await workloads.start(Self.wiki) }
    #expect(tools.timeLimits == [.seconds(5), .seconds(5), .seconds(5)])
  }
}
