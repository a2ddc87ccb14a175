@testable import JobEngine

/// A graph, how its jobs expand, and what can happen to its tasks.
struct MachineScenario {
  typealias Event = RunMachine<String>.Event

  /// One way in which an attempt can end.
  enum Ending: CaseIterable {
    case succeeded, degraded, permanentFailure, transientFailure
  }

  let graph: JobGraph
  /// The subjects of jobs that aren't `of` another job.
  let subjects: [String]
  var endings: [Ending] = [.succeeded, .degraded, .permanentFailure]
  var expansionsFail = true
  var canBeCancelled = true
  /// Whether what comes too late comes all the same: ends of ended attempts, timers that were cancelled.
  var sendsLateEvents = false

  /// What can happen next, always in the same order.
  func events(in world: MachineWorld) -> [Event] {
    guard world.result == nil else { return [] }
    var events: [Event] = []
    for (job, inputs) in world.expansions.sorted(by: { $0.key < $1.key }) {
      events.append(.jobExpanded(job: job, tasks: plan(job, inputs)))
      if expansionsFail { events.append(.jobExpansionFailed(job: job, TaskFailure("no list"))) }
    }
    for (id, attempt) in world.attempts.sorted(by: { $0.key.description < $1.key.description }) {
      for ending in endings { events.append(event(id, attempt, ending)) }
      if world.stopping.contains(id) {
        events.append(.taskFailed(id, attempt: attempt, TaskFailure("stopped", kind: .cancelled)))
      }
    }
    events += world.timers.map { .timerFired($0) }
    if canBeCancelled, !world.isCancelled { events.append(.cancelRequested) }
    if sendsLateEvents {
      events += world.cancelledTimers.map { .timerFired($0) }
      events += world.machine.summary.tasks.map { .taskFinished($0.id, attempt: $0.attempts - 1, .succeeded) }
    }
    return events
  }

  private func plan(_ job: String, _ inputs: [JobInput<String>]) -> [PlannedTask<String>] {
    guard graph[job]?.needs.contains(where: { $0.kind == .of }) ?? false else {
      return subjects.map { PlannedTask($0) }
    }
    var seen: Set<String> = []
    return inputs.filter { seen.insert($0.subject).inserted }.map { PlannedTask($0.subject) }
  }

  private func event(_ id: TaskID<String>, _ attempt: Int, _ ending: Ending) -> Event {
    switch ending {
    case .succeeded: .taskFinished(id, attempt: attempt, .succeeded)
    case .degraded: .taskFinished(id, attempt: attempt, TaskOutcome(.degraded))
    case .permanentFailure: .taskFailed(id, attempt: attempt, TaskFailure("broken"))
    case .transientFailure: .taskFailed(id, attempt: attempt, TaskFailure("busy", kind: .transient))
    }
  }

  /// What an exploration saw.
  struct Exploration {
    var worlds = 0
    var results: Set<RunResult> = []
  }

  /// Goes through every order of events, entering each distinct state once.
  func exploreAll() throws -> Exploration {
    var exploration = Exploration()
    var start = MachineWorld(graph)
    try start.apply(.started)
    var seen: Set<[Int]> = [start.fingerprint]
    var open = [start]
    while let world = open.popLast() {
      exploration.worlds += 1
      if let result = world.result { exploration.results.insert(result) }
      for event in events(in: world) {
        var next = world
        do { try next.apply(event) } catch { throw Violation("\(error), after \(event) in \(world.machine.summary)") }
        if seen.insert(next.fingerprint).inserted { open.append(next) }
      }
    }
    return exploration
  }
}
