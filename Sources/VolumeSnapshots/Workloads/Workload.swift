/// What runs pods that use claims, and what it takes to have it run again as before.
public struct Workload: Hashable, Sendable, Codable {
  /// What it is, by the word that `kubectl` takes.
  public enum Kind: String, Hashable, Sendable, Codable {
    case deployment
    case statefulSet = "statefulset"
    case daemonSet = "daemonset"
    /// A pod that nothing makes anew.
    case pod
  }

  /// What it is.
  public var kind: Kind
  /// Its namespace.
  public var namespace: String
  /// Its name.
  public var name: String
  /// How many pods it is to have; nil for a DaemonSet and a pod.
  public var replicas: Int?
  /// The pod as it is made anew, in JSON; nil for what makes its pods itself.
  public var manifest: String?

  /// Describes one.
  public init(kind: Kind, namespace: String, name: String, replicas: Int? = nil, manifest: String? = nil) {
    self.kind = kind
    self.namespace = namespace
    self.name = name
    self.replicas = replicas
    self.manifest = manifest
  }

  /// As `kubectl` takes it: `deployment/wiki`.
  public var target: String { "\(kind.rawValue)/\(name)" }
}

extension Workload: CustomStringConvertible {
  /// `deployment/wiki in apps`.
  public var description: String { "\(target) in \(namespace)" }
}

/// A claim of a cluster and its persistent volume, as far as stopping those that use it needs them.
public struct ClaimInUse: Hashable, Sendable, Codable {
  /// The claim's namespace.
  public var namespace: String
  /// The claim's name.
  public var name: String
  /// The persistent volume's name.
  public var persistentVolume: String

  /// Names one.
  public init(namespace: String, name: String, persistentVolume: String) {
    self.namespace = namespace
    self.name = name
    self.persistentVolume = persistentVolume
  }

  /// The part of a claim that is needed.
  public init(_ claim: PersistentClaim) {
    self.init(namespace: claim.namespace, name: claim.name, persistentVolume: claim.persistentVolume)
  }
}

extension ClaimInUse: CustomStringConvertible {
  /// `apps/wiki-data`.
  public var description: String { "\(namespace)/\(name)" }
}
