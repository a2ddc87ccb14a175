/// How a cluster is asked for the names of its claims.
public struct KubernetesDeclaration: Hashable, Sendable {
  /// The program and its arguments, to which `get pv -o json` is added.
  public var command: [String]
  /// The driver of the volumes; those of others are no volumes of this host.
  public var driver: String
  /// How long the answer may take, a second to ten minutes.
  public var timeLimit: Duration

  /// The driver unless the configuration names another one.
  public static let defaultDriver = "csi.proxmox.sinextra.dev"
  /// How long the answer may take unless the configuration says otherwise.
  public static let defaultTimeLimit = Duration.seconds(20)

  /// Makes a declaration.
  public init(
    command: [String], driver: String = KubernetesDeclaration.defaultDriver,
    timeLimit: Duration = KubernetesDeclaration.defaultTimeLimit
  ) {
    self.command = command
    self.driver = driver
    self.timeLimit = timeLimit
  }

  /// Reads the mapping `kubernetes`.
  init(_ node: DocumentNode) throws(PolicyError) {
    let mapping = try node.mapping(allowing: ["command", "driver", "timeout"])
    self.init(command: try mapping.required("command").argumentVector())
    driver = try mapping["driver"]?.nonBlankString("the name of a driver") ?? driver
    timeLimit = try mapping["timeout"]?.duration(in: .seconds(1) ... .seconds(600)) ?? timeLimit
  }
}
