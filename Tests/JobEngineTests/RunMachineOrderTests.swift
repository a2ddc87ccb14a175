import JobEngine
import Testing

@Suite struct RunMachineOrderTests {
  /// Runs a graph one event at a time, each task finishing at once, and returns the order of starts.
  private func startOrder(
    _ jobs: [JobNode], plans: [String: [PlannedTask<String>]], capacities: [String: Int] = ["disk": 1]
  ) throws -> [String] {
    var machine = RunMachine<String>(graph: try JobGraph(jobs: jobs, capacities: capacities))
    var open = machine.handle(.started, at: .zero)
    var expansions: [RunMachine<String>.Event] = []
    var order: [String] = []
    while !open.isEmpty || !expansions.isEmpty {
      guard !open.isEmpty else {
        open = machine.handle(expansions.removeFirst(), at: .zero)
        continue
      }
      switch open.removeFirst() {
      case .expand(let job, _): expansions.append(.jobExpanded(job: job, tasks: plans[job] ?? []))
      case .start(let id, _, let attempt):
        order.append(id.subject)
        // Everything is expanded before the first task ends, so that all of them compete.
        expansions.append(.taskFinished(id, attempt: attempt, .succeeded))
      default: break
      }
    }
    return order
  }

  @Test func startsTheStalestFirstAndWhatWasNeverDoneBeforeAll() throws {
    let order = try startOrder(
      [JobNode("first", resources: ["disk"]), JobNode("a", resources: ["disk"]), JobNode("b", resources: ["disk"])],
      plans: [
        "first": [PlannedTask("occupies the disk")],
        "a": [PlannedTask("1d", staleness: .seconds(86400)), PlannedTask("never")],
        "b": [PlannedTask("9d", staleness: .seconds(9 * 86400)), PlannedTask("1h", staleness: .seconds(3600))],
      ])
    #expect(order == ["occupies the disk", "never", "9d", "1d", "1h"])
  }

  @Test func startsTheLongestFirstAmongTheEquallyStaleThenAsDeclared() throws {
    let order = try startOrder(
      [JobNode("first", resources: ["disk"]), JobNode("a", resources: ["disk"]), JobNode("b", resources: ["disk"])],
      plans: [
        "first": [PlannedTask("occupies the disk")],
        "a": [PlannedTask("unknown 1"), PlannedTask("short", expectedDuration: .seconds(1)), PlannedTask("unknown 2")],
        "b": [PlannedTask("long", expectedDuration: .seconds(9)), PlannedTask("unknown 3")],
      ])
    #expect(order == ["occupies the disk", "long", "short", "unknown 1", "unknown 2", "unknown 3"])
  }

  @Test func letsATaskPassWhoseResourcesAreFree() throws {
    let order = try startOrder(
      [JobNode("disk", resources: ["disk"]), JobNode("free")],
      plans: ["disk": [PlannedTask("a"), PlannedTask("b")], "free": [PlannedTask("c")]])
    #expect(order == ["a", "c", "b"])
  }

  @Test func runsThousandsOfTasks() throws {
    let order = try startOrder(
      [JobNode("many", resources: ["disk"])], plans: ["many": (0..<5000).map { PlannedTask("\($0)") }],
      capacities: ["disk": 8])
    #expect(order == (0..<5000).map(String.init))
  }
}
