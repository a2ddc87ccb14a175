/// The name of a claim of a Kubernetes cluster.
public struct ClaimName: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  /// The namespace.
  public var namespace: String
  /// The claim in it.
  public var name: String

  /// Names a claim.
  public init(namespace: String, name: String) {
    self.namespace = namespace
    self.name = name
  }

  /// `NAMESPACE/CLAIM`.
  public var description: String { "\(namespace)/\(name)" }

  /// Orders by namespace, then by name.
  public static func < (left: ClaimName, right: ClaimName) -> Bool {
    (left.namespace, left.name) < (right.namespace, right.name)
  }
}
