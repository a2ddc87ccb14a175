@testable import JobEngine

/// A graph, how its jobs expand, and what can happen to its tasks.
struct MachineScenario {
  typealias Event = RunMachine<String>.Event

  /// One way in which an attempt can end.
  enum Ending: CaseIterable {
    case succeeded, degraded, permanentFailure, transientFailure
  }

  /// How jobs answer when they are asked for their tasks.
  enum Expansions {
    /// At once and well: one event fewer for each job.
    case immediate
    /// Well, at any time.
    case good
    /// At any time, well or not.
    case any
  }

  let graph: JobGraph
  /// The subjects of jobs that aren't `of` another job.
  let subjects: [String]
  /// The subjects of single jobs, where they differ from that.
  var subjectsOfJobs: [String: [String]] = [:]
  /// Whether a job that is `of` others makes one task of all it is handed, instead of one of each.
  var gathers = false
  var endings: [Ending] = [.succeeded, .degraded, .permanentFailure]
  var expansions = Expansions.any
  var canBeCancelled = true
  /// Whether the second request comes too, at any time after the first.
  var canBeAbandoned = true
  /// Whether the process can die at any moment, and another one resume what it had recorded.
  var canDie = true
  /// Whether a resumed run knows of what is done whether it was degraded; else it takes it for succeeded.
  var remembersGrades = true
  /// Whether what comes too late comes all the same: ends of ended attempts, timers that were cancelled.
  var sendsLateEvents = false

  /// What can happen next, always in the same order.
  func events(in world: MachineWorld) -> [Event] {
    guard world.result == nil else { return [] }
    var events: [Event] = []
    for (job, inputs) in world.expansions.sorted(by: { $0.key < $1.key }) {
      events.append(.jobExpanded(job: job, tasks: plan(job, inputs)))
      if expansions == .any { events.append(.jobExpansionFailed(job: job, TaskFailure("no list"))) }
    }
    for (id, attempt) in world.attempts.sorted(by: { $0.key.description < $1.key.description }) {
      if world.stopping.contains(id) {
        // However it fails once it was told to stop, it ends the same way.
        events.append(event(id, attempt, .succeeded))
        events.append(.taskFailed(id, attempt: attempt, TaskFailure("stopped", kind: .cancelled)))
      } else {
        for ending in endings { events.append(event(id, attempt, ending)) }
      }
    }
    events += world.timers.map { .timerFired($0) }
    if canBeCancelled, !world.isCancelled { events.append(.cancelRequested) }
    if canBeAbandoned, world.isCancelled || !canBeCancelled { events.append(.abandonRequested) }
    if sendsLateEvents { events += lateEvents(in: world) }
    return events
  }

  private func lateEvents(in world: MachineWorld) -> [Event] {
    world.cancelledTimers.map { .timerFired($0) }
      + world.machine.summary.tasks.map { .taskFinished($0.id, attempt: $0.attempts - 1, .succeeded) }
      + world.abandoned.sorted { $0.key.description < $1.key.description }
      .map { .taskFinished($0.key, attempt: $0.value, .succeeded) }
      + world.abandonedExpansions.sorted().map { .jobExpanded(job: $0, tasks: [PlannedTask("late")]) }
  }

  /// The world of a process that starts now, with what is recorded as finished.
  func start(finished: [TaskID<String>: FinishedTask<String>] = [:]) throws -> MachineWorld {
    let known = remembersGrades ? finished : finished.mapValues { FinishedTask($0.id, grade: .succeeded) }
    var world = MachineWorld(graph, finished: known)
    try world.apply(.started)
    return try settled(world)
  }

  /// The world after an event.
  func world(_ world: MachineWorld, after event: Event, _ wait: Duration = .zero) throws -> MachineWorld {
    var next = world
    do {
      try next.apply(event, after: wait)
      return try settled(next)
    } catch {
      throw Violation("\(error), after \(event) in \(world.machine.summary) of \(graph)")
    }
  }

  private func settled(_ world: MachineWorld) throws -> MachineWorld {
    guard expansions == .immediate else { return world }
    var world = world
    while let job = world.expansions.keys.min(), let inputs = world.expansions[job] {
      try world.apply(.jobExpanded(job: job, tasks: plan(job, inputs)))
    }
    return world
  }

  private func plan(_ job: String, _ inputs: [JobInput<String>]) -> [PlannedTask<String>] {
    guard graph[job]?.needs.contains(where: { $0.kind == .of }) ?? false else {
      return (subjectsOfJobs[job] ?? subjects).map { PlannedTask($0) }
    }
    if gathers { return inputs.isEmpty ? [] : [PlannedTask("all")] }
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
}
