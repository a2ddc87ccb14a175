/// One job of a graph: what it needs, when it runs, what it uses, and how long it may take.
public struct JobNode: Hashable, Sendable {
  /// One edge of the graph.
  public struct Need: Hashable, Sendable {
    /// What an edge means.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
      /// The job fans out over the results of the other one (and runs after it).
      case of
      /// The job only runs after the other one.
      case after
    }

    /// The job that must have ended first.
    public let job: String
    /// What the edge means.
    public let kind: Kind

    /// Makes an edge to a job.
    public init(_ job: String, kind: Kind) {
      self.job = job
      self.kind = kind
    }

    /// An edge that hands over results.
    public static func of(_ job: String) -> Need { Need(job, kind: .of) }
    /// An edge that only orders.
    public static func after(_ job: String) -> Need { Need(job, kind: .after) }
  }

  /// When a job runs, given how its needs ended. `StartRule` has the exact meaning.
  public enum Condition: String, Hashable, Sendable, CaseIterable {
    /// Only when its needs succeeded; degraded counts as success. The default.
    case success
    /// However its needs ended.
    case always
    /// Only when one of its needs failed, or was skipped because of a failure.
    case failure
  }

  /// The name, unique within a graph.
  public let name: String
  /// The edges to other jobs, in the order in which they were declared.
  public let needs: [Need]
  /// When the job runs, given how its needs ended.
  public let condition: Condition
  /// The resources of which each running task holds one unit.
  public let resources: [String]
  /// The time limit of one attempt of one task, and of expanding the job; nil means none.
  public let timeout: Duration?
  /// The time limit of one task over all attempts and the waits between them, counted from its first start.
  public let taskBudget: Duration?
  /// How failures marked transient are tried again.
  public let retry: RetryPolicy

  /// Makes a job; `JobGraph` validates it.
  public init(
    _ name: String, needs: [Need] = [], condition: Condition = .success, resources: [String] = [],
    timeout: Duration? = nil, taskBudget: Duration? = nil, retry: RetryPolicy = .never
  ) {
    self.name = name
    self.needs = needs
    self.condition = condition
    self.resources = resources
    self.timeout = timeout
    self.taskBudget = taskBudget
    self.retry = retry
  }
}
