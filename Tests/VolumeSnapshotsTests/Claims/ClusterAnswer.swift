/// Answers to `kubectl get pv -o json` in the form that kubectl gives them.
enum ClusterAnswer {
  /// A volume of the Proxmox driver, with the keys that a cluster's own has.
  static func volume(
    _ uuid: String, claim: String?, phase: String = "Bound", handle: String? = nil, capacity: String = "10Gi",
    driver: String = "csi.proxmox.sinextra.dev"
  ) -> String {
    let parts = claim?.split(separator: "/").map(String.init)
    let reference =
      parts.map {
        """
        "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": "\($0[1])", "namespace": "\($0[0])",
          "resourceVersion": "1204", "uid": "\(uuid)"},
        """
      } ?? ""
    return """
      {"apiVersion": "v1", "kind": "PersistentVolume",
       "metadata": {"annotations": {"pv.kubernetes.io/provisioned-by": "\(driver)"},
         "creationTimestamp": "2026-03-01T10:00:00Z", "finalizers": ["kubernetes.io/pv-protection"], "name": "pvc-\(uuid)",
         "resourceVersion": "99", "uid": "0a"},
       "spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "\(capacity)"}, \(reference)
         "csi": {"driver": "\(driver)", "fsType": "ext4",
           "volumeAttributes": {"storage": "proxmox-lvm", "storage.kubernetes.io/csiProvisionerIdentity": "1-8081"},
           "volumeHandle": "\(handle ?? "home/pve1/proxmox-lvm/vm-9999-pvc-\(uuid)")"},
         "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
           {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["pve1"]}]}]}},
         "persistentVolumeReclaimPolicy": "Delete", "storageClassName": "proxmox-lvm", "volumeMode": "Filesystem"},
       "status": {"lastPhaseTransitionTime": "2026-03-01T10:00:01Z", "phase": "\(phase)"}}
      """
  }

  /// An NFS volume, which has no driver.
  static let nfs = """
    {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "immich"},
     "spec": {"capacity": {"storage": "2Ti"}, "nfs": {"path": "/srv/nfs/immich", "server": "10.0.0.2"},
       "claimRef": {"namespace": "media", "name": "immich"}},
     "status": {"phase": "Bound"}}
    """

  static func list(_ items: [String], metadata: String = "{\"resourceVersion\": \"\"}") -> String {
    "{\"apiVersion\": \"v1\", \"items\": [\(items.joined(separator: ", "))], \"kind\": \"List\", \"metadata\": \(metadata)}\n"
  }
}
