/// How restores in place go about their work.
public struct RestoreDeclaration: Hashable, Sendable {
  /// For how long what a restore replaced is meant to be kept.
  public var keepUndo: Duration

  /// A week, unless the configuration says otherwise.
  public static let defaultKeepUndo = Duration.seconds(7 * 86_400)

  /// Declares how restores are made.
  public init(keepUndo: Duration = RestoreDeclaration.defaultKeepUndo) { self.keepUndo = keepUndo }

  /// Reads the mapping `restore`.
  init(_ node: DocumentNode) throws(PolicyError) {
    let mapping = try node.mapping(allowing: ["keep-undo"])
    keepUndo =
      try mapping["keep-undo"]?.duration(in: .seconds(3600) ... .seconds(3650 * 86_400)) ?? Self.defaultKeepUndo
  }

  /// The declaration as lines of YAML.
  var effectiveLines: [String] { ["restore:", "  keep-undo: \(keepUndo.policyText)"] }
}
