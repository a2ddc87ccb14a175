/// How restores in place go about their work.
public struct RestoreDeclaration: Hashable, Sendable {
  /// For how long what a restore replaced is meant to be kept.
  public var keepUndo: Duration

  /// How long what uses a volume may take until it is closed, before a restore in place gives up.
  public var stopWithin: Duration
  /// How long what was stopped may take until it is ready again, before a person is told.
  public var startWithin: Duration

  /// Five minutes, unless the configuration says otherwise.
  public static let defaultPatience = Duration.seconds(300)
  /// A week, unless the configuration says otherwise.
  public static let defaultKeepUndo = Duration.seconds(7 * 86_400)

  /// Declares how restores are made.
  public init(
    keepUndo: Duration = RestoreDeclaration.defaultKeepUndo, stopWithin: Duration = RestoreDeclaration.defaultPatience,
    startWithin: Duration = RestoreDeclaration.defaultPatience
  ) {
    self.keepUndo = keepUndo
    self.stopWithin = stopWithin
    self.startWithin = startWithin
  }

  /// Reads the mapping `restore`.
  init(_ node: DocumentNode) throws(PolicyError) {
    let mapping = try node.mapping(allowing: ["keep-undo", "stop-within", "start-within"])
    keepUndo =
      try mapping["keep-undo"]?.duration(in: .seconds(3600) ... .seconds(3650 * 86_400)) ?? Self.defaultKeepUndo
    let patience = Duration.seconds(1) ... .seconds(86_400)
    stopWithin = try mapping["stop-within"]?.duration(in: patience) ?? Self.defaultPatience
    startWithin = try mapping["start-within"]?.duration(in: patience) ?? Self.defaultPatience
  }

  /// The declaration as lines of YAML.
  var effectiveLines: [String] {
    [
      "restore:", "  keep-undo: \(keepUndo.policyText)", "  stop-within: \(stopWithin.policyText)",
      "  start-within: \(startWithin.policyText)",
    ]
  }
}
