import Foundation
import HostSystem
import Synchronization
import Testing

@testable import VolumeSnapshots

/// A cluster that is a file, behind the stand-in `Tests/Fixtures/kubectl`. What it can be made of, and what can be made to go
/// wrong with it, is told in `kubectl_cluster.py` beside that.
final class ClusterScene: Sendable {
  /// What is stopped and started, and the claim that it uses.
  struct Shape: Sendable, CustomTestStringConvertible {
    let name: String
    let make: JSONTree
    let claim: ClaimInUse
    let workload: Workload
    var testDescription: String { name }
  }

  private let scratch: MetadataScratch
  private let waits = Mutex(0)
  private var file: String { "\(scratch.path)/cluster.json" }
  /// With the system's Python, which begins faster than one that looks for its version.
  private var tools: HostTools {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return HostTools(environment: ["KUBECTL_STATE": file, "PATH": "/usr/bin:/bin:\(path)"])
  }

  static let kubectl = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/kubectl").path

  /// Everything happens as soon as a call can see it.
  static let quick: JSONTree = ["pod-end-calls": 0, "pod-ready-calls": 0, "detach-calls": 0]

  init(_ make: JSONTree..., timing: JSONTree = [:], misbehave: JSONTree = [:]) throws {
    scratch = try MetadataScratch()
    try write(["make": .list(make), "timing": timing, "misbehave": misbehave])
  }

  // MARK: - What there is

  static func thing(
    _ kind: String, _ name: String, claims: [String] = ["data"], in namespace: String = "apps", _ more: JSONTree = [:]
  ) -> JSONTree {
    JSONTree.mapping([
      "kind": .text(kind), "namespace": .text(namespace), "name": .text(name),
      "claims": .list(claims.map { .text($0) }),
    ]).with(more)
  }

  static func volume(_ claim: String, in namespace: String = "apps") -> JSONTree {
    [
      "kind": "volume", "namespace": .text(namespace), "name": "pv-\(namespace)-\(claim)", "claim": .text(claim),
      "lv": "vm-9999-\(claim)",
    ]
  }

  static func claim(_ name: String = "data", in namespace: String = "apps") -> ClaimInUse {
    ClaimInUse(namespace: namespace, name: name, persistentVolume: "pv-\(namespace)-\(name)")
  }

  static let shapes = [
    Shape(
      name: "a Deployment", make: thing("deployment", "wiki", ["replicas": 2]), claim: claim(),
      workload: Workload(kind: .deployment, namespace: "apps", name: "wiki", replicas: 2)),
    Shape(
      name: "a StatefulSet that makes its claims",
      make: thing("statefulset", "db", claims: [], ["templates": ["data"], "replicas": 2]), claim: claim("data-db-0"),
      workload: Workload(kind: .statefulSet, namespace: "apps", name: "db", replicas: 2)),
    Shape(
      name: "a StatefulSet with a claim of its own", make: thing("statefulset", "db"), claim: claim(),
      workload: Workload(kind: .statefulSet, namespace: "apps", name: "db", replicas: 1)),
    Shape(
      name: "a DaemonSet",
      make: thing(
        "daemonset", "agent", ["spec": ["template": ["spec": ["nodeSelector": ["kubernetes.io/os": "linux"]]]]]),
      claim: claim(), workload: Workload(kind: .daemonSet, namespace: "apps", name: "agent")),
    Shape(
      name: "a pod", make: thing("pod", "tool"), claim: claim(),
      workload: Workload(kind: .pod, namespace: "apps", name: "tool")),
  ]

  convenience init(_ shape: Shape, timing: JSONTree = quick, misbehave: JSONTree = [:]) throws {
    try self.init(
      shape.make, Self.volume(shape.claim.name, in: shape.claim.namespace), timing: timing, misbehave: misbehave)
  }

  // MARK: - What is tested

  var workloads: ClusterWorkloads { workloads() }

  func workloads(
    timeLimit: Duration = .seconds(120), sleep: @escaping @Sendable (Duration) async throws -> Void = { _ in }
  ) -> ClusterWorkloads {
    ClusterWorkloads(
      command: [Self.kubectl, "--context", "home"], timeLimit: timeLimit,
      tools: tools
    ) { [self] duration in
      waits.withLock { $0 += 1 }
      try await sleep(duration)
    }
  }

  /// How often it was waited.
  var waitCount: Int { waits.withLock { $0 } }

  /// What is in the way at each look, until nothing is.
  func obstacles(to claim: ClaimInUse, stopped: [Workload], atMost limit: Int = 40) async throws -> [String] {
    var found: [String] = []
    while found.count < limit, let obstacle = try await workloads.obstacle(to: [claim], stopped: stopped) {
      found.append(obstacle.text)
    }
    return found
  }

  // MARK: - The cluster itself

  /// What another person does at the same cluster.
  func kubectl(_ words: String...) async throws {
    let result = try await tools.run(Self.kubectl, words, input: [], timeLimit: .seconds(120))
    try #require(result.isSuccess, "\(words): \(result.lastWords)")
  }

  func misbehave(_ what: JSONTree) throws { try write(state().with("misbehave", what)) }

  /// An object, by `namespace/name`.
  func object(_ kind: String, _ key: String) throws -> JSONTree? { try state()["objects", kind, key] }

  /// The objects of a kind: `namespace/name`.
  func keys(_ kind: String) throws -> [String] {
    guard case .mapping(let objects)? = try state()["objects", kind] else { return [] }
    return objects.keys.sorted()
  }

  /// The pods that are ready and stay.
  func readyPods() throws -> [String] {
    try keys("Pod").filter { key in
      let pod = try object("Pod", key)
      let isReady = pod?["status", "conditions"]?.elements.contains { $0["type"] == "Ready" && $0["status"] == "True" }
      return isReady == true && pod?["metadata", "deletionTimestamp"] == nil
    }
  }

  /// The calls so far that begin with a verb, without what stands before it in each.
  func calls(_ verb: String) throws -> [String] {
    (try state()["calls"]?.elements ?? []).map { call in
      (call["arguments"]?.elements ?? []).compactMap(\.text).filter { $0 != "--context" && $0 != "home" }
        .joined(separator: " ")
    }.filter { $0.hasPrefix(verb) }
  }

  private func state() throws -> JSONTree { try JSONTree(parsing: Array(Data(contentsOf: URL(filePath: file)))) }

  private func write(_ state: JSONTree) throws { try Data(state.encoded()).write(to: URL(filePath: file)) }
}

extension ClusterWorkloads {
  /// What is to be stopped for one claim.
  func users(of claim: ClaimInUse) async throws -> [Workload] { try await users(of: [claim]) }
}
