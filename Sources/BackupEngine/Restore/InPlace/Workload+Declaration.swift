public import BackupPolicy
public import VolumeSnapshots

extension Workload {
  /// What a configuration names; how many pods it has is known to the cluster.
  public init(_ declaration: WorkloadDeclaration) {
    let kind: Kind =
      switch declaration.kind {
      case .deployment: .deployment
      case .statefulSet: .statefulSet
      case .daemonSet: .daemonSet
      }
    self.init(kind: kind, namespace: declaration.namespace, name: declaration.name)
  }
}
