extension JobDeclaration {
  /// Commands around each attempt of each task of a job, as argument vectors; started without a shell, in their order, one at a
  /// time.
  public struct Hooks: Hashable, Sendable {
    /// What runs before an attempt; if one of them fails, so has the attempt.
    public var before: [[String]]
    /// What runs after an attempt that did its work; if one of them fails, the task is degraded.
    public var after: [[String]]
    /// What runs at the end of an attempt in any case, also if something before it failed or the run is being stopped.
    public var finally: [[String]]
    /// How long each command may take; 5 minutes unless set.
    public var timeLimit: Duration

    /// Makes hooks; without arguments there are none.
    public init(
      before: [[String]] = [], after: [[String]] = [], finally: [[String]] = [], timeLimit: Duration = .seconds(300)
    ) {
      self.before = before
      self.after = after
      self.finally = finally
      self.timeLimit = timeLimit
    }

    /// Whether there is no command at all.
    public var isEmpty: Bool { before.isEmpty && after.isEmpty && finally.isEmpty }

    /// Reads the mapping `hooks`.
    init(_ node: DocumentNode) throws(PolicyError) {
      self.init()
      let mapping = try node.mapping(allowing: ["before", "after", "finally", "timeout"])
      before = try mapping["before"]?.argumentVectors() ?? []
      after = try mapping["after"]?.argumentVectors() ?? []
      finally = try mapping["finally"]?.argumentVectors() ?? []
      timeLimit = try mapping["timeout"]?.duration(in: .seconds(1) ... .seconds(86_400)) ?? timeLimit
    }
  }
}
