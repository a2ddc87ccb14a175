import JobEngine

/// What happens to graphs of up to four tasks: every order of success, failure, time limits, both requests and death.
///
/// A task can succeed or fail; its time limit can come before, after which it finishes, stops or stays deaf until its
/// clean-up is given up; so it can end as degraded and be abandoned, too.
enum FourTasks {
  static func scenario(_ graph: JobGraph) -> MachineScenario {
    var scenario = MachineScenario(graph: graph, subjects: ["x"])
    scenario.endings = [.succeeded, .permanentFailure]
    // Asking for tasks and being told at once; everything that can go wrong there happens to up to three jobs.
    scenario.expansions = .immediate
    // All that degraded changes is the result of the run; up to three jobs, resumed runs know of it.
    scenario.remembersGrades = false
    return scenario
  }
}
