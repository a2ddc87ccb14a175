/// The controllers and pods of a namespace, and which of them use certain claims.
///
/// The format: Kubernetes API reference, `Deployment`, `StatefulSet`, `DaemonSet`, `ReplicaSet` of apps/v1, `Pod` of v1.
struct WorkloadList {
  /// A pod that uses a claim and hasn't ended.
  struct Pod {
    let name: String
    let tree: JSONTree
    /// Kind and name of what makes it; nil if nothing does.
    let owner: (kind: String, name: String)?
  }

  /// What is asked for, as `kubectl get` takes it.
  static let kinds = "deployments,statefulsets,daemonsets,replicasets,pods"

  let namespace: String
  private let items: [(kind: String, name: String, tree: JSONTree)]

  /// Reads an answer.
  ///
  /// - Throws: ``VolumeError`` `unusableOutput`: whatever isn't a whole list is an error, never a shorter list.
  init(_ answer: JSONTree, namespace: String) throws(VolumeError) {
    self.namespace = namespace
    guard answer["kind"]?.text == "List", case .list(let found)? = answer["items"] else {
      throw Self.unusable(namespace, "it is not a list")
    }
    guard (answer["metadata", "continue"]?.text ?? "").isEmpty,
      answer["metadata", "remainingItemCount"]?.number ?? 0 == 0
    else { throw Self.unusable(namespace, "it is only the beginning of the list") }
    var items: [(String, String, JSONTree)] = []
    for item in found {
      guard let kind = item["kind"]?.text, let name = item["metadata", "name"]?.text, item["spec"] != nil else {
        throw Self.unusable(namespace, "something in it has no kind, name or spec")
      }
      items.append((kind, name, item))
    }
    self.items = items
  }

  private static func unusable(_ namespace: String, _ why: String) -> VolumeError {
    VolumeError(
      .unusableOutput, "cannot use the cluster's answer about the namespace \(namespace): \(why)",
      hint: "look: `kubectl get \(kinds) -n \(namespace)`")
  }

  // MARK: - What uses a claim

  /// The pods that use one of some claims and haven't ended.
  func pods(using claims: Set<String>) -> [Pod] {
    items.compactMap { kind, name, tree in
      guard kind == "Pod", !["Succeeded", "Failed"].contains(tree["status", "phase"]?.text) else { return nil }
      guard !claims.isDisjoint(with: Self.claims(ofPodSpec: tree["spec"], pod: name)) else { return nil }
      return Pod(name: name, tree: tree, owner: Self.controller(of: tree))
    }
  }

  /// What must be stopped so that no pod uses the claims, controllers first. What has no pods by its own wish is left out.
  ///
  /// - Throws: ``VolumeError`` `refused` if one is run by something that can't be stopped here, or if stopping it deletes a claim.
  func users(of claims: Set<String>) throws(VolumeError) -> [Workload] {
    var workloads: [Workload] = []
    for (kind, name, tree) in items {
      guard let kind = Self.controllers[kind], uses(tree, kind, name, claims) else { continue }
      if let workload = try workload(kind, name, tree) { workloads.append(workload) }
    }
    for pod in pods(using: claims) {
      guard claims.isDisjoint(with: Self.claims(madeFor: pod.name, pod.tree["spec"])) else {
        throw VolumeError(
          .refused, "cannot stop the pod \(pod.name) in \(namespace): a claim was made for it and is deleted with it",
          hint: "restore to a file, and copy from there what the pod needs")
      }
      guard let owner = pod.owner else {
        workloads.append(try Self.bare(pod, namespace))
        continue
      }
      guard let controller = controller(above: owner),
        let tree = tree(of: Workload(kind: controller.kind, namespace: namespace, name: controller.name))
      else {
        throw VolumeError(
          .refused,
          "cannot stop the pod \(pod.name) in \(namespace): the \(owner.kind) \(owner.name) runs it, which only its own "
            + "tools stop",
          hint:
            "stop it yourself, wait until `kubectl get pod \(pod.name) -n \(namespace)` finds nothing, then try again")
      }
      // An earlier revision's pods may use what the specification doesn't; pods of none that are wanted are about to end.
      if let workload = try workload(controller.kind, controller.name, tree), !workloads.contains(workload) {
        workloads.append(workload)
      }
    }
    return workloads
  }

  /// What must be stopped so that a controller that is named has no pods; nil if it is to have none.
  ///
  /// - Returns: nil also for one that isn't there, and then `isThere` is false.
  /// - Throws: ``VolumeError`` `refused` if stopping it deletes a claim.
  func named(_ workload: Workload) throws(VolumeError) -> (running: Workload?, isThere: Bool) {
    guard let tree = tree(of: workload) else { return (nil, false) }
    return (try self.workload(workload.kind, workload.name, tree), true)
  }

  /// The pods of a controller that haven't ended, of earlier revisions too.
  func pods(of workload: Workload) -> [Pod] {
    items.compactMap { kind, name, tree in
      guard kind == "Pod", !["Succeeded", "Failed"].contains(tree["status", "phase"]?.text),
        let owner = Self.controller(of: tree), let above = controller(above: owner),
        above == (workload.kind, workload.name)
      else { return nil }
      return Pod(name: name, tree: tree, owner: owner)
    }
  }

  /// A controller that is to have pods; nil for one that isn't.
  ///
  /// - Throws: ``VolumeError`` `refused` if stopping it deletes a claim.
  private func workload(_ kind: Workload.Kind, _ name: String, _ tree: JSONTree) throws(VolumeError) -> Workload? {
    let replicas = kind == .daemonSet ? nil : tree["spec", "replicas"]?.number ?? 1
    guard replicas != 0 else { return nil }
    if kind == .statefulSet, tree["spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"]?.text == "Delete" {
      throw VolumeError(
        .refused, "cannot stop statefulset/\(name) in \(namespace): it deletes its claims when it is scaled down",
        hint: "kubectl patch statefulset/\(name) -n \(namespace) --type merge "
          + "-p '{\"spec\":{\"persistentVolumeClaimRetentionPolicy\":{\"whenScaled\":\"Retain\"}}}'")
    }
    return Workload(kind: kind, namespace: namespace, name: name, replicas: replicas)
  }

  /// How many pods a workload is to have now, or 1 for a DaemonSet that may run and for a pod that is there; nil if it is gone.
  func wanted(_ workload: Workload) -> Int? {
    guard let tree = tree(of: workload) else { return nil }
    switch workload.kind {
    case .deployment, .statefulSet: return tree["spec", "replicas"]?.number ?? 1
    case .daemonSet: return tree["spec", "template", "spec", "nodeSelector", Workload.stopKey] == nil ? 1 : 0
    case .pod: return 1
    }
  }

  /// Whether a workload has all its pods ready, as its controller says.
  func isReady(_ workload: Workload) -> Bool {
    guard let tree = tree(of: workload) else { return false }
    let status = tree["status"]
    // What is said of an older specification says nothing.
    guard workload.kind == .pod || Self.isNoticed(tree) else { return false }
    switch workload.kind {
    case .deployment, .statefulSet: return (status?["readyReplicas"]?.number ?? 0) >= (workload.replicas ?? 1)
    case .daemonSet:
      let wanted = status?["desiredNumberScheduled"]?.number ?? 0
      return wanted > 0 && (status?["numberReady"]?.number ?? 0) >= wanted
    case .pod where tree["metadata", "deletionTimestamp"] != nil: return false
    case .pod:
      return status?["conditions"]?.elements.contains { $0["type"]?.text == "Ready" && $0["status"]?.text == "True" }
        ?? false
    }
  }

  /// Whether a pod is about to end; nil if it isn't there.
  func isEnding(_ workload: Workload) -> Bool? {
    tree(of: workload).map { $0["metadata", "deletionTimestamp"] != nil }
  }

  /// Whether the controllers of a workload know what it is to have; until then they may make pods that aren't wanted any more.
  func isNoticed(_ workload: Workload) -> Bool {
    guard workload.kind != .pod, let tree = tree(of: workload) else { return true }
    let sets = items.filter { kind, _, tree in
      kind == "ReplicaSet" && workload.kind == .deployment
        && Self.controller(of: tree).map { $0 == ("Deployment", workload.name) } ?? false
    }
    return ([tree] + sets.map(\.tree)).allSatisfy(Self.isNoticed)
  }

  private static func isNoticed(_ tree: JSONTree) -> Bool {
    (tree["status", "observedGeneration"]?.number ?? 0) >= (tree["metadata", "generation"]?.number ?? 0)
  }

  // MARK: - Looking

  private static let controllers: [String: Workload.Kind] = [
    "Deployment": .deployment, "StatefulSet": .statefulSet, "DaemonSet": .daemonSet,
  ]

  private func tree(of workload: Workload) -> JSONTree? {
    items.first { kind, name, _ in
      name == workload.name && (Self.controllers[kind] ?? (kind == "Pod" ? .pod : nil)) == workload.kind
    }?.tree
  }

  private func uses(_ tree: JSONTree, _ kind: Workload.Kind, _ name: String, _ claims: Set<String>) -> Bool {
    if !claims.isDisjoint(with: Self.claims(ofPodSpec: tree["spec", "template", "spec"], pod: nil)) { return true }
    guard kind == .statefulSet else { return false }
    // The claims of a StatefulSet are named TEMPLATE-SET-ORDINAL.
    let starts = (tree["spec", "volumeClaimTemplates"]?.elements ?? []).compactMap { template in
      template["metadata", "name"]?.text.map { "\($0)-\(name)-" }
    }
    return claims.contains { claim in
      starts.contains { start in
        let rest = claim.dropFirst(start.count)
        return claim.hasPrefix(start) && !rest.isEmpty && rest.allSatisfy { $0.isASCII && $0.isNumber }
      }
    }
  }

  /// The names of the claims that are made for a pod: POD-VOLUME.
  private static func claims(madeFor pod: String, _ spec: JSONTree?) -> Set<String> {
    Set(
      (spec?["volumes"]?.elements ?? []).compactMap { volume in
        volume["ephemeral"] == nil ? nil : volume["name"]?.text.map { "\(pod)-\($0)" }
      })
  }

  /// The names of the claims that a pod's volumes are, also of those that are made for it.
  private static func claims(ofPodSpec spec: JSONTree?, pod: String?) -> Set<String> {
    Set((spec?["volumes"]?.elements ?? []).compactMap { $0["persistentVolumeClaim", "claimName"]?.text })
      .union(pod.map { claims(madeFor: $0, spec) } ?? [])
  }

  private static func controller(of tree: JSONTree) -> (kind: String, name: String)? {
    let owner = tree["metadata", "ownerReferences"]?.elements.first { $0["controller"]?.isTrue ?? false }
    guard let kind = owner?["kind"]?.text, let name = owner?["name"]?.text else { return nil }
    return (kind, name)
  }

  /// The controller that a pod's owner is, or belongs to: a Deployment has its pods made by ReplicaSets.
  private func controller(above owner: (kind: String, name: String)) -> (kind: Workload.Kind, name: String)? {
    if owner.kind == "ReplicaSet" {
      guard let set = items.first(where: { $0.kind == "ReplicaSet" && $0.name == owner.name }),
        let above = Self.controller(of: set.tree)
      else { return nil }
      return Self.controllers[above.kind].map { ($0, above.name) }
    }
    return Self.controllers[owner.kind].map { ($0, owner.name) }
  }

  /// A pod that nothing makes anew, with what it is made anew of: without what the cluster itself adds.
  private static func bare(_ pod: Pod, _ namespace: String) throws(VolumeError) -> Workload {
    let metadata = pod.tree["metadata"]?.without(
      "uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink", "deletionTimestamp",
      "deletionGracePeriodSeconds")
    let spec = pod.tree["spec"]?.without("nodeName")
    let manifest = pod.tree.without("status").with("metadata", metadata).with("spec", spec)
    do {
      return Workload(
        kind: .pod, namespace: namespace, name: pod.name,
        manifest: String(decoding: try manifest.encoded(), as: UTF8.self))
    } catch {
      throw unusable(namespace, "the pod \(pod.name) can't be written down: \(error)")
    }
  }
}

extension Workload {
  /// The label that no node has, by which a DaemonSet is kept from having pods.
  static let stopKey = "backupctl.stopped"
}
