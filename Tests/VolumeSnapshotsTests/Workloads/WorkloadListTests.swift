import Testing

@testable import VolumeSnapshots

@Suite struct WorkloadListTests {
  private static func list(_ items: JSONTree...) throws -> WorkloadList {
    try WorkloadList(["kind": "List", "items": .list(items)], namespace: "apps")
  }

  private static func thing(
    _ kind: String, _ name: String, spec: JSONTree = [:], status: JSONTree = [:], metadata: JSONTree = [:]
  ) -> JSONTree {
    [
      "kind": .text(kind), "metadata": (["name": .text(name)] as JSONTree).with(metadata), "spec": spec,
      "status": status,
    ]
  }

  private static func owner(_ kind: String, _ name: String, isController: JSONTree? = true) -> JSONTree {
    let owner: JSONTree = ["kind": .text(kind), "name": .text(name), "uid": "7"]
    return ["ownerReferences": [owner.with("controller", isController)]]
  }

  private static func volumes(_ claim: String) -> JSONTree {
    ["volumes": [["name": "v", "persistentVolumeClaim": ["claimName": .text(claim)]]]]
  }

  private static func controller(
    _ kind: String, _ name: String, claim: String = "data", spec: JSONTree = [:], status: JSONTree = [:],
    metadata: JSONTree = [:]
  ) -> JSONTree {
    thing(
      kind, name, spec: (["template": ["spec": volumes(claim)]] as JSONTree).with(spec), status: status,
      metadata: metadata)
  }

  // MARK: - Answers

  static let unusable: [(JSONTree, String)] = [
    (nil, "it is not a list"), ([], "it is not a list"), ([:], "it is not a list"), ("List", "it is not a list"),
    (["kind": "List"], "it is not a list"), (["kind": "List", "items": nil], "it is not a list"),
    (["kind": "List", "items": [:]], "it is not a list"), (["kind": "List", "items": "[]"], "it is not a list"),
    (["kind": "PodList", "items": []], "it is not a list"), (["kind": 1, "items": []], "it is not a list"),
    (
      ["kind": "List", "metadata": ["continue": "abc"], "items": []], "it is only the beginning of the list"
    ),
    (
      ["kind": "List", "metadata": ["remainingItemCount": 7], "items": []], "it is only the beginning of the list"
    ),
  ]

  @Test(arguments: unusable.indices)
  func refusesAnAnswerThatIsNoWholeList(_ index: Int) throws {
    let (answer, why) = Self.unusable[index]
    let error = try #require(throws: VolumeError.self) { try WorkloadList(answer, namespace: "apps") }
    #expect(error.code == .unusableOutput)
    #expect(error.message == "cannot use the cluster's answer about the namespace apps: \(why)")
    #expect(error.hint == "look: `kubectl get \(WorkloadList.kinds) -n apps`")
  }

  static let pod: JSONTree = ["kind": "Pod", "metadata": ["name": "a"], "spec": [:]]

  @Test(
    arguments: [
      nil, [], "Pod", [:], pod.without("kind"), pod.without("metadata"), pod.without("spec"), pod.with("kind", 1),
      pod.with("metadata", [:]), pod.with("metadata", ["name": 1]), pod.with("metadata", ["name": nil]),
    ] as [JSONTree])
  func refusesAListWithSomethingThatHasNoKindNameOrSpec(_ item: JSONTree) throws {
    for items in [[item], [Self.pod, item], [item, Self.pod]] as [[JSONTree]] {
      let error = try #require(throws: VolumeError.self) {
        try WorkloadList(["kind": "List", "items": .list(items)], namespace: "apps")
      }
      #expect(error.code == .unusableOutput)
      #expect(error.message.hasSuffix("something in it has no kind, name or spec"))
    }
  }

  @Test(arguments: [["resourceVersion": ""], ["continue": ""], ["remainingItemCount": 0], nil] as [JSONTree])
  func takesAWholeList(_ metadata: JSONTree) throws {
    let list = try WorkloadList(["kind": "List", "metadata": metadata, "items": [Self.pod]], namespace: "apps")
    #expect(try list.users(of: ["data"]) == [])
  }

  // MARK: - Users

  @Test(
    arguments: [
      ("data-db-0", true), ("data-db-12", true), ("logs-db-0", true), ("data-db-", false), ("data-db", false),
      ("data", false), ("data-db-x", false), ("data-db-0x", false), ("data-db-0-1", false), ("data-db2-0", false),
      ("data-ab-0", false), ("other-db-0", false), ("data-db-٣", false), ("xdata-db-0", false),
    ])
  func knowsTheClaimsThatAStatefulSetMakes(_ claim: String, _ isOne: Bool) throws {
    let set = Self.thing(
      "StatefulSet", "db",
      spec: [
        "replicas": 1, "volumeClaimTemplates": [["metadata": ["name": "data"]], ["metadata": ["name": "logs"]], [:]],
      ])
    #expect(try Self.list(set).users(of: [claim]).map(\.name) == (isOne ? ["db"] : []))
  }

  @Test func findsControllersBeforePodsWhateverTheOrderOfTheAnswer() throws {
    let items = [
      Self.thing("Pod", "bare", spec: Self.volumes("data"), metadata: Self.owner("Job", "x", isController: nil)),
      Self.thing("Pod", "web-1-a", spec: Self.volumes("data"), metadata: Self.owner("ReplicaSet", "web-1")),
      Self.thing("ReplicaSet", "else-1", metadata: Self.owner("Deployment", "else")),
      Self.thing("ReplicaSet", "web-1", metadata: Self.owner("Deployment", "web")),
      Self.thing("ReplicaSet", "else-2", metadata: Self.owner("Deployment", "else")),
      Self.controller("Deployment", "web", spec: ["replicas": 3]), Self.controller("DaemonSet", "agent"),
      Self.controller("Deployment", "else", claim: "data2"), Self.controller("CronJob", "data"),
    ]
    for order in [items, items.reversed()] {
      let users = try WorkloadList(["kind": "List", "items": .list(order)], namespace: "apps").users(of: ["data"])
      #expect(Set(users.prefix(2).map(\.description)) == ["deployment/web in apps", "daemonset/agent in apps"])
      #expect(users.dropFirst(2).map(\.description) == ["pod/bare in apps"])
      #expect(users.first { $0.name == "web" }?.replicas == 3)
    }
  }

  @Test(arguments: ["Deployment", "StatefulSet"])
  func takesNoReplicasForOneAsTheAPIDoes(_ kind: String) throws {
    let list = try Self.list(Self.controller(kind, "a"))
    let user = try #require(try list.users(of: ["data"]).first)
    #expect(user.replicas == 1)
    #expect(list.wanted(user) == 1)
  }

  @Test func stopsADeploymentOfWhichOnlyAnEarlierRevisionUsesTheClaim() throws {
    let users = try Self.list(
      Self.controller("Deployment", "web", claim: "new", spec: ["replicas": 2]),
      Self.thing("ReplicaSet", "web-1", metadata: Self.owner("Deployment", "web")),
      Self.thing("Pod", "web-1-a", spec: Self.volumes("data"), metadata: Self.owner("ReplicaSet", "web-1")),
      Self.thing("Pod", "web-1-b", spec: Self.volumes("data"), metadata: Self.owner("ReplicaSet", "web-1"))
    ).users(of: ["data"])
    #expect(users == [Workload(kind: .deployment, namespace: "apps", name: "web", replicas: 2)])
  }

  static let strangers: [(String, JSONTree)] = [
    ("ReplicaSet", [:]), ("ReplicaSet", owner("Rollout", "web")), ("ReplicaSet", owner("Deployment", "gone")),
    ("StatefulSet", [:]), ("Job", [:]), ("Cluster", [:]),
  ]

  @Test(arguments: strangers.indices)
  func refusesAPodWhoseMakerIsNoneThatIsStoppedHere(_ index: Int) throws {
    let (kind, above) = Self.strangers[index]
    // A StatefulSet of another API isn't in the list.
    let maker = kind == "ReplicaSet" ? [Self.thing(kind, "maker", metadata: above)] : []
    let pod = Self.thing("Pod", "p", spec: Self.volumes("data"), metadata: Self.owner(kind, "maker"))
    let list = try WorkloadList(["kind": "List", "items": .list(maker + [pod])], namespace: "apps")
    let error = try #require(throws: VolumeError.self) { try list.users(of: ["data"]) }
    #expect(error.code == .refused)
    #expect(error.message.contains("the \(kind) maker runs it"), "\(error)")
  }

  @Test(
    arguments: [
      (["status": ["phase": "Running"]], true), (["status": ["phase": "Pending"]], true),
      (["status": ["phase": "Unknown"]], true), (["status": [:]], true), ([:], true),
      (["status": ["phase": "Succeeded"]], false), (["status": ["phase": "Failed"]], false),
    ] as [(JSONTree, Bool)])
  func countsAPodUnlessItIsSurelyOver(_ more: JSONTree, _ counts: Bool) throws {
    let pod = Self.thing("Pod", "p", spec: Self.volumes("data")).without("status").with(more)
    #expect(try Self.list(pod).pods(using: ["data"]).map(\.name) == (counts ? ["p"] : []))
  }

  // MARK: - Readiness

  static let readiness: [(Workload.Kind, Int64?, JSONTree, Bool)] = [
    (.deployment, 1, ["observedGeneration": 1, "readyReplicas": 2], true),
    (.deployment, 1, ["observedGeneration": 1, "readyReplicas": 1], false),
    (.deployment, 1, ["observedGeneration": 1], false),
    (.deployment, 2, ["observedGeneration": 1, "readyReplicas": 2], false),
    (.deployment, 2, ["readyReplicas": 2], false),
    (.deployment, nil, ["readyReplicas": 2], true),
    (.deployment, 1, ["observedGeneration": 3, "readyReplicas": 5], true),
    (.deployment, 1, ["observedGeneration": 1, "readyReplicas": "2"], false),
    (.statefulSet, 4, ["observedGeneration": 4, "readyReplicas": 2], true),
    (.statefulSet, 4, ["observedGeneration": 3, "readyReplicas": 2], false),
    (.daemonSet, 1, ["observedGeneration": 1, "desiredNumberScheduled": 2, "numberReady": 2], true),
    (.daemonSet, 1, ["observedGeneration": 1, "desiredNumberScheduled": 2, "numberReady": 1], false),
    (.daemonSet, 1, ["observedGeneration": 1, "desiredNumberScheduled": 0, "numberReady": 0], false),
    (.daemonSet, 2, ["observedGeneration": 1, "desiredNumberScheduled": 2, "numberReady": 2], false),
    (.pod, 1, ["phase": "Running", "conditions": [["type": "Ready", "status": "True"]]], true),
    (.pod, 1, ["phase": "Running", "conditions": [["type": "Ready", "status": "False"]]], false),
    (.pod, 1, ["phase": "Running", "conditions": [["type": "Initialized", "status": "True"]]], false),
    (.pod, 1, ["phase": "Pending"], false),
  ]

  @Test(arguments: readiness.indices)
  func isReadyOnlyByWhatIsSaidOfTheNewestSpecification(_ index: Int) throws {
    let (kind, generation, status, isReady) = Self.readiness[index]
    let names: [Workload.Kind: String] = [
      .deployment: "Deployment", .statefulSet: "StatefulSet", .daemonSet: "DaemonSet", .pod: "Pod",
    ]
    let metadata = (["other": 1] as JSONTree).with("generation", generation.map { .whole($0) })
    let list = try Self.list(
      Self.thing("Pod", "b"), Self.thing(names[kind] ?? "", "a", status: status, metadata: metadata))
    let workload = Workload(kind: kind, namespace: "apps", name: "a", replicas: 2)
    #expect(list.isReady(workload) == isReady)
    #expect(try !Self.list().isReady(workload))
  }

  @Test func takesAnEndingPodForNotReady() throws {
    let pod = Self.thing(
      "Pod", "a", status: ["conditions": [["type": "Ready", "status": "True"]]],
      metadata: ["deletionTimestamp": "2026-03-01T10:00:00Z"])
    #expect(try !Self.list(pod).isReady(Workload(kind: .pod, namespace: "apps", name: "a")))
  }

  @Test func knowsWhatADaemonSetIsToHaveByTheLabelThatStopsIt() throws {
    let agent = Workload(kind: .daemonSet, namespace: "apps", name: "agent")
    func selecting(_ selector: JSONTree) throws -> Int? {
      try Self.list(Self.thing("DaemonSet", "agent", spec: ["template": ["spec": ["nodeSelector": selector]]])).wanted(
        agent)
    }
    #expect(try selecting([:]) == 1)
    #expect(try selecting(["kubernetes.io/os": "linux"]) == 1)
    #expect(try selecting(["kubernetes.io/os": "linux", Workload.stopKey: "true"]) == 0)
    #expect(try Self.list().wanted(agent) == nil)
  }
}
