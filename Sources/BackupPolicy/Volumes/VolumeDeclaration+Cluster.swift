extension VolumeDeclaration {
  /// Checks that selections by claim come with a cluster that can be asked for claims.
  ///
  /// - Parameter node: the list of the declarations, for places.
  static func checkCluster(
    of declarations: [VolumeDeclaration], _ cluster: KubernetesDeclaration?, _ node: DocumentNode?
  ) throws(PolicyError) {
    guard cluster == nil, let node else { return }
    for (declaration, element) in zip(declarations, try node.elements()) where declaration.needsClaims {
      throw PolicyError(
        at: element.location,
        "the volumes `\(declaration.name)` are told apart by their claims, but no cluster is asked",
        hint: "say how it is asked: `kubernetes: {command: [kubectl, --kubeconfig, /etc/backupctl/kubeconfig]}`")
    }
  }
}
