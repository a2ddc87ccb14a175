import JobEngine
import Testing

@Suite struct JobGraphTests {
  @Test func ordersJobsAfterTheirNeedsOtherwiseAsDeclared() throws {
    let graph = try JobGraph(jobs: [
      JobNode("drill", needs: [.of("volumes"), .of("nfs")]), JobNode("volumes", needs: [.of("freeze")]),
      JobNode("nfs"), JobNode("freeze"), JobNode("report"),
    ])
    #expect(graph.topologicalOrder == ["nfs", "freeze", "volumes", "drill", "report"])
  }

  @Test func acceptsAGraphWithoutJobs() throws {
    #expect(try JobGraph(jobs: []).topologicalOrder.isEmpty)
  }

  @Test func acceptsAJobThatIsBothOfAndAfterAnother() throws {
    let graph = try JobGraph(jobs: [JobNode("a"), JobNode("b", needs: [.of("a"), .after("a")])])
    #expect(graph["b"]?.needs.count == 2)
  }

  struct Refusal: Sendable {
    let jobs: [JobNode]
    var capacities: [String: Int] = [:]
    let code: JobEngineError.Code
    let message: String
  }

  static let refusals = [
    Refusal(
      jobs: [JobNode("a"), JobNode("a")], code: .duplicateJob,
      message: "cannot build the job graph: two jobs are named a"),
    Refusal(
      jobs: [JobNode("verify", needs: [.of("archiv")]), JobNode("archive")], code: .unknownJob,
      message: "cannot build the job graph: job verify needs archiv, which doesn't exist"),
    Refusal(
      jobs: [
        JobNode("start"), JobNode("x", needs: [.of("c")]), JobNode("a", needs: [.after("start"), .after("b")]),
        JobNode("b", needs: [.of("c")]), JobNode("c", needs: [.after("a")]),
      ], code: .cycle,
      message: "cannot build the job graph: jobs wait for each other: c needs a needs b needs c"),
    Refusal(
      jobs: [JobNode("a", needs: [.after("a")])], code: .cycle,
      message: "cannot build the job graph: jobs wait for each other: a needs a"),
    Refusal(
      jobs: [JobNode("a", resources: ["dsk"])], capacities: ["disk": 1], code: .unknownResource,
      message: "cannot build the job graph: job a uses the resource dsk, which has no capacity"),
    Refusal(
      jobs: [], capacities: ["disk": 0], code: .invalidCapacity,
      message: "cannot build the job graph: resource disk has capacity 0; the least is 1"),
    Refusal(
      jobs: [JobNode("a", resources: ["disk", "disk"])], capacities: ["disk": 2], code: .invalidJob,
      message: "cannot build the job graph: job a: it lists the resource disk twice"),
    Refusal(
      jobs: [JobNode("a"), JobNode("b", needs: [.of("a"), .of("a")])], code: .invalidJob,
      message: "cannot build the job graph: job b: it lists a twice under 'of'"),
    Refusal(
      jobs: [JobNode("a", condition: .failure)], code: .invalidJob,
      message: "cannot build the job graph: job a: it runs only when a need failed, but needs nothing, "
        + "so it would never run"),
    Refusal(
      jobs: [JobNode("a", timeout: .zero)], code: .invalidJob,
      message: "cannot build the job graph: job a: its timeout isn't longer than zero"),
    Refusal(
      jobs: [JobNode("a", taskBudget: .seconds(-1))], code: .invalidJob,
      message: "cannot build the job graph: job a: its task budget isn't longer than zero"),
    Refusal(
      jobs: [JobNode("a", retry: RetryPolicy(attempts: 0, backoff: .zero))], code: .invalidJob,
      message: "cannot build the job graph: job a: it allows 0 attempts; the least is 1"),
    Refusal(
      jobs: [JobNode("a", retry: RetryPolicy(attempts: 2, backoff: .seconds(-1)))], code: .invalidJob,
      message: "cannot build the job graph: job a: its backoff is negative"),
    Refusal(
      jobs: [JobNode("")], code: .invalidJob, message: "cannot build the job graph: job '': a job needs a name"),
  ]

  @Test(arguments: refusals) func refusesAGraphSayingWhatIsWrong(_ refusal: Refusal) {
    let error = #expect(throws: JobEngineError.self) {
      try JobGraph(jobs: refusal.jobs, capacities: refusal.capacities)
    }
    #expect(error?.code == refusal.code)
    #expect(error?.message == refusal.message)
  }

  @Test func refusesLimitsOfTheRunThatAreNotLongerThanZero() {
    let budget = #expect(throws: JobEngineError.self) { try JobGraph(jobs: [], budget: .zero) }
    #expect(budget?.code == .invalidLimit)
    #expect(budget?.message == "cannot build the job graph: the run's budget is 0s; it must be longer than zero")
    let cleanUp = #expect(throws: JobEngineError.self) { try JobGraph(jobs: [], cleanUpLimit: .zero) }
    #expect(
      cleanUp?.message == "cannot build the job graph: the limit for clean-up is 0s; it must be longer than zero")
  }

  @Test func namesOnlyJobsOfTheCycleWhenOthersNeedIt() {
    let error = #expect(throws: JobEngineError.self) {
      try JobGraph(jobs: [
        JobNode("last", needs: [.after("x")]), JobNode("x", needs: [.of("y")]), JobNode("y", needs: [.of("x")]),
      ])
    }
    #expect(error?.names == ["x", "y", "x"])
  }

  @Test func namesTheOtherJobsWhenANeedIsUnknown() {
    let error = #expect(throws: JobEngineError.self) {
      try JobGraph(jobs: [JobNode("verify", needs: [.of("archiv")]), JobNode("archive"), JobNode("nfs")])
    }
    #expect(error?.hint == "the other jobs are: archive, nfs")
    #expect(error?.names == ["archiv"])
  }
}
