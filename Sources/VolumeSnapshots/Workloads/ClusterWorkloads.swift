import HostSystem

/// Stops what uses claims of a cluster, waits until the volumes are let go, and starts it again: `kubectl get`, `scale`, `patch`,
/// `delete` and `create`.
///
/// Each step can be done again. Nothing is believed to have happened because a command ended well: it is looked for.
public struct ClusterWorkloads: Sendable {
  /// What is still in the way of volumes being closed.
  public struct Obstacle: Hashable, Sendable {
    /// What uses a claim or holds a volume, in words.
    public let text: String
    /// What to type to see it.
    public let hint: String
  }

  /// How often a change is tried that meets another one (HTTP 409).
  private static let attempts = 4
  /// How often, a second apart, is looked whether a pod has ended whose name is needed; most have 30 s to end by themselves.
  private static let endings = 60

  private let command: [String]
  private let timeLimit: Duration
  private let tools: any ToolRunning
  private let sleep: @Sendable (Duration) async throws -> Void

  /// Speaks with a cluster.
  ///
  /// - Parameters:
  ///   - command: the program and its arguments, to which the rest is added; at least the program.
  ///   - timeLimit: how long an answer may take.
  ///   - sleep: waits between attempts.
  public init(
    command: [String], timeLimit: Duration, tools: any ToolRunning,
    sleep: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.command = command
    self.timeLimit = timeLimit
    self.tools = tools
    self.sleep = sleep
  }

  // MARK: - Looking

  /// What must be stopped so that no pod uses the claims.
  ///
  /// - Throws: ``VolumeError`` `refused`, saying what to do, if that can't be done here; `toolFailed`, `unusableOutput`.
  public func users(of claims: [ClaimInUse]) async throws -> [Workload] {
    var workloads: [Workload] = []
    for (namespace, names) in byNamespace(claims) {
      workloads += try await list(namespace).users(of: names)
    }
    return workloads
  }

  /// What of some workloads that are named must be stopped so that they have no pods.
  ///
  /// - Returns: those that are to have pods, with how many, and those that aren't there. Those that are stopped are in neither.
  /// - Throws: ``VolumeError`` `refused`, saying what to do, if one can't be stopped here; `toolFailed`, `unusableOutput`.
  public func look(for named: [Workload]) async throws -> (running: [Workload], absent: [Workload]) {
    var (running, absent): ([Workload], [Workload]) = ([], [])
    for (namespace, workloads) in Dictionary(grouping: named, by: \.namespace).sorted(by: { $0.key < $1.key }) {
      let list = try await list(namespace)
      for workload in workloads {
        let found = try list.named(workload)
        if let found = found.running { running.append(found) }
        if !found.isThere { absent.append(workload) }
      }
    }
    return (running, absent)
  }

  /// What of the cluster still holds the claims' volumes: pods, or attachments to a node; or which pod what is to be empty still has;
  /// nil if nothing does.
  ///
  /// - Parameters:
  ///   - stopped: what was stopped; if it is to have pods again, somebody else wants that.
  ///   - emptied: what must have no pods at all, whether or not they use one of the claims.
  /// - Throws: ``VolumeError`` `refused` if something started it again; `toolFailed`, `unusableOutput`.
  public func obstacle(
    to claims: [ClaimInUse], stopped: [Workload], emptied: [Workload] = []
  ) async throws -> Obstacle? {
    let names = Dictionary(byNamespace(claims).map { ($0.namespace, $0.names) }) { first, _ in first }
    for namespace in Set(names.keys).union(emptied.map(\.namespace)).sorted() {
      let list = try await list(namespace)
      for workload in stopped where workload.namespace == namespace && workload.kind != .pod {
        guard let wanted = list.wanted(workload), wanted > 0 else { continue }
        throw VolumeError(
          .refused, "cannot keep \(workload) stopped: something else started it again",
          cause: workload.kind == .daemonSet ? nil : "it is to have \(wanted) pods",
          hint: "pause what manages it (an operator, an autoscaler, a continuous deployment), then try again")
      }
      if let pod = list.pods(using: names[namespace] ?? []).first {
        return Self.obstacle(pod, in: namespace, "still uses it")
      }
      for workload in emptied where workload.namespace == namespace {
        guard let pod = list.pods(of: workload).first else { continue }
        return Self.obstacle(pod, in: namespace, "of \(workload.target) is still there")
      }
      for workload in stopped where workload.namespace == namespace && !list.isNoticed(workload) {
        return Obstacle(
          text: "the controller of \(workload) doesn't know yet that it is to have no pods",
          hint: "kubectl get \(workload.target) -n \(namespace) -o yaml")
      }
    }
    return try await attachment(of: claims)
  }

  private static func obstacle(_ pod: WorkloadList.Pod, in namespace: String, _ what: String) -> Obstacle {
    Obstacle(
      text: "the pod \(pod.name) in \(namespace) \(what)"
        + (pod.tree["metadata", "deletionTimestamp"] == nil ? "" : " while it ends"),
      hint: "kubectl describe pod \(pod.name) -n \(namespace)")
  }

  private func attachment(of claims: [ClaimInUse]) async throws -> Obstacle? {
    if claims.isEmpty { return nil }
    let answer = try await read(["get", "volumeattachments", "-o", "json"], to: "list the attached volumes")
    guard answer["kind"]?.text?.hasSuffix("List") == true, case .list(let items)? = answer["items"] else {
      throw VolumeError(.unusableOutput, "cannot use the cluster's answer about attached volumes: it is not a list")
    }
    let volumes = Set(claims.map(\.persistentVolume))
    for item in items {
      guard let volume = item["spec", "source", "persistentVolumeName"]?.text, volumes.contains(volume),
        item["status", "attached"]?.isTrue ?? false
      else { continue }
      let node = item["spec", "nodeName"]?.text ?? "a node"
      return Obstacle(
        text: "the volume \(volume) is still attached to \(node)",
        hint: "kubectl get volumeattachments | grep \(volume)")
    }
    return nil
  }

  // MARK: - Changing

  /// Has a workload have no pods. What was stopped already stays so.
  ///
  /// - Throws: ``VolumeError`` `toolFailed`; `ChildError`.
  public func stop(_ workload: Workload) async throws {
    let purpose = "stop \(workload)"
    switch workload.kind {
    case .deployment, .statefulSet: try await scale(workload, to: 0, purpose)
    case .daemonSet: try await select(workload, .text("true"), purpose)
    case .pod:
      _ = try await change(
        ["delete", workload.target, "-n", workload.namespace, "--ignore-not-found", "--wait=false"], purpose)
    }
  }

  /// Has a workload have its pods again, as before it was stopped.
  ///
  /// - Throws: ``VolumeError`` `toolFailed`; `ChildError`.
  public func start(_ workload: Workload) async throws {
    let purpose = "start \(workload) again"
    switch workload.kind {
    case .deployment, .statefulSet: try await scale(workload, to: workload.replicas ?? 1, purpose)
    case .daemonSet: try await select(workload, .null, purpose)
    case .pod: try await Task { try await create(workload, purpose) }.value
    }
  }

  /// Waits until all have their pods ready.
  ///
  /// - Parameter limit: how many times, a second apart, is looked.
  /// - Returns: those that aren't ready after that.
  public func notReady(_ workloads: [Workload], limit: Int) async throws -> [Workload] {
    var left = workloads
    for attempt in 0..<max(1, limit) {
      if attempt > 0 { try await sleep(.seconds(1)) }
      for namespace in Set(left.map(\.namespace)) {
        let list = try await list(namespace)
        left.removeAll { $0.namespace == namespace && list.isReady($0) }
      }
      if left.isEmpty { break }
    }
    return left
  }

  /// What a person types to start a workload by hand.
  public static func handStart(_ workload: Workload) -> String {
    switch workload.kind {
    case .deployment, .statefulSet:
      "kubectl scale \(workload.target) -n \(workload.namespace) --replicas=\(workload.replicas ?? 1)"
    case .daemonSet:
      "kubectl patch \(workload.target) -n \(workload.namespace) --type json "
        + "-p '[{\"op\":\"remove\",\"path\":\"/spec/template/spec/nodeSelector/\(Workload.stopKey)\"}]'"
    case .pod: "backupctl restore --resume"
    }
  }

  private func scale(_ workload: Workload, to replicas: Int, _ purpose: String) async throws {
    _ = try await change(
      ["scale", workload.target, "-n", workload.namespace, "--replicas=\(replicas)"], purpose)
  }

  private func select(_ workload: Workload, _ value: JSONTree, _ purpose: String) async throws {
    let patch: JSONTree = .mapping([
      "spec": .mapping([
        "template": .mapping(["spec": .mapping(["nodeSelector": .mapping([Workload.stopKey: value])])])
      ])
    ])
    let text = String(decoding: try patch.encoded(), as: UTF8.self)
    _ = try await change(
      ["patch", workload.target, "-n", workload.namespace, "--type", "merge", "-p", text], purpose)
  }

  private func create(_ workload: Workload, _ purpose: String) async throws {
    for attempt in 0... {
      switch try await list(workload.namespace).isEnding(workload) {
      case false?: return
      case true? where attempt == Self.endings:
        throw VolumeError(
          .busy, "cannot \(purpose): the one before hasn't ended",
          hint: "kubectl describe pod \(workload.name) -n \(workload.namespace)")
      case true?: try await sleep(.seconds(1))
      case nil:
        _ = try await change(
          ["create", "-n", workload.namespace, "-f", "-"], purpose, input: Array((workload.manifest ?? "").utf8))
        return
      }
    }
  }

  // MARK: - kubectl

  private func list(_ namespace: String) async throws -> WorkloadList {
    let answer = try await read(
      ["get", WorkloadList.kinds, "-n", namespace, "-o", "json"], to: "look at the pods of the namespace \(namespace)")
    return try WorkloadList(answer, namespace: namespace)
  }

  private func read(_ arguments: [String], to purpose: String) async throws -> JSONTree {
    guard let program = command.first else {
      throw VolumeError(.toolFailed, "cannot \(purpose): no program is named that asks the cluster")
    }
    let all = Array(command.dropFirst()) + arguments
    let output = try await tools.output(of: program, all, to: purpose, timeLimit: timeLimit)
    do {
      return try JSONTree(parsing: output)
    } catch {
      throw VolumeError(
        .unusableOutput, "cannot \(purpose): the cluster's answer is not whole JSON",
        hint: "try it: `\(ChildCommand(program, all).text)`")
    }
  }

  /// Changes something, whatever is cancelled meanwhile; one that meets somebody else's change is tried again.
  private func change(_ arguments: [String], _ purpose: String, input: [UInt8] = []) async throws -> [UInt8] {
    let all = Array(command.dropFirst()) + arguments
    for attempt in 1... {
      let result = try await Task { try await tools.run(command[0], all, input: input, timeLimit: timeLimit) }.value
      if result.isSuccess { return result.output }
      let words = result.lastWords.suffix(3).joined(separator: " | ")
      let isConflict = words.contains("(Conflict)") || words.contains("the object has been modified")
      guard isConflict, attempt < Self.attempts else {
        throw VolumeError(
          .toolFailed, "cannot \(purpose): \(command[0]) \(result.end)", cause: words.isEmpty ? nil : words,
          hint: "try it: `\(ChildCommand(command[0], all).text)`")
      }
      try await Task { try await sleep(.milliseconds(500)) }.value
    }
    return []
  }

  private func byNamespace(_ claims: [ClaimInUse]) -> [(namespace: String, names: Set<String>)] {
    Dictionary(grouping: claims, by: \.namespace).map { ($0.key, Set($0.value.map(\.name))) }
      .sorted { $0.0 < $1.0 }
  }
}
