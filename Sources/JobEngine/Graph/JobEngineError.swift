/// Why a graph or a run was refused before anything started.
///
/// What happens to a task *during* a run is never an error of this type: it is data in the `RunSummary`.
public struct JobEngineError: Error, Hashable, CustomStringConvertible {
  /// What was wrong, for callers that tell the cases apart.
  public struct Code: Hashable, Sendable {
    private enum Value: Hashable {
      case duplicateJob, invalidJob, unknownJob, unknownResource, invalidCapacity, invalidLimit, cycle, missingBody
    }

    private let value: Value

    /// Two jobs have one name.
    public static let duplicateJob = Code(value: .duplicateJob)
    /// A job contradicts itself.
    public static let invalidJob = Code(value: .invalidJob)
    /// A job needs one that doesn't exist.
    public static let unknownJob = Code(value: .unknownJob)
    /// A job uses a resource without a capacity.
    public static let unknownResource = Code(value: .unknownResource)
    /// A resource has a capacity below one.
    public static let invalidCapacity = Code(value: .invalidCapacity)
    /// A time limit of the whole run isn't longer than zero.
    public static let invalidLimit = Code(value: .invalidLimit)
    /// Jobs wait for each other.
    public static let cycle = Code(value: .cycle)
    /// A job has nothing that can perform it.
    public static let missingBody = Code(value: .missingBody)
  }

  /// What was wrong.
  public let code: Code
  /// One sentence without a full stop: `cannot <do> <which thing>: <why>`.
  public let message: String
  /// What to change, if something can be said.
  public let hint: String?
  /// The job or resource at fault; for a cycle all its jobs, the first repeated at the end.
  public let names: [String]

  /// The message.
  public var description: String { message }

  static func duplicateJob(_ name: String) -> Self {
    Self(
      code: .duplicateJob, message: "cannot build the job graph: two jobs are named \(name)",
      hint: "rename one of them", names: [name])
  }

  static func invalidJob(_ name: String, why: String) -> Self {
    Self(code: .invalidJob, message: "cannot build the job graph: job \(name): \(why)", hint: nil, names: [name])
  }

  static func unknownJob(_ name: String, neededBy job: String, known: [String]) -> Self {
    Self(
      code: .unknownJob, message: "cannot build the job graph: job \(job) needs \(name), which doesn't exist",
      hint: known.isEmpty ? nil : "the other jobs are: \(known.joined(separator: ", "))", names: [name])
  }

  static func unknownResource(_ name: String, usedBy job: String, known: [String]) -> Self {
    Self(
      code: .unknownResource,
      message: "cannot build the job graph: job \(job) uses the resource \(name), which has no capacity",
      hint: known.isEmpty
        ? "declare it with a capacity, for example '\(name): 1'"
        : "the declared resources are: \(known.joined(separator: ", "))",
      names: [name])
  }

  static func invalidCapacity(resource: String, capacity: Int) -> Self {
    Self(
      code: .invalidCapacity,
      message: "cannot build the job graph: resource \(resource) has capacity \(capacity); the least is 1",
      hint: nil, names: [resource])
  }

  static func invalidLimit(_ what: String, _ limit: Duration) -> Self {
    Self(
      code: .invalidLimit, message: "cannot build the job graph: \(what) is \(limit.text); it must be longer than zero",
      hint: nil, names: [])
  }

  static func cycle(_ jobs: [String]) -> Self {
    Self(
      code: .cycle,
      message: "cannot build the job graph: jobs wait for each other: \(jobs.joined(separator: " needs "))",
      hint: "remove one of these needs", names: jobs)
  }

  static func missingBody(_ job: String) -> Self {
    Self(
      code: .missingBody, message: "cannot run the job graph: job \(job) has no body that could perform it",
      hint: nil, names: [job])
  }
}
