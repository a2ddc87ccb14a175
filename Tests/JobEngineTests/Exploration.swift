import Foundation

@testable import JobEngine

/// What going through every order of events has seen.
struct Exploration {
  private(set) var graphs = 0
  private(set) var worlds = 0
  private(set) var events = 0
  private(set) var deaths = 0
  private(set) var results: Set<RunResult> = []

  /// What makes two states count as one.
  enum Sameness {
    /// Nothing that the machine could base a decision on differs.
    case state
    /// Nothing that can still happen differs: see `MachineWorld.outlook`.
    case outlook

    func key(_ world: MachineWorld) -> Int {
      switch self {
      case .state: world.fingerprint
      case .outlook: world.outlook
      }
    }
  }

  /// Goes through every order of events, entering each distinct state once.
  ///
  /// Death needs no event of its own: all that is left of a run is what it has recorded as done, so it is enough to
  /// start anew from each distinct set of that. Steps are recorded one by one here, hence a death between any two
  /// of them, and a record of which only a first part was kept, are among these.
  mutating func explore(_ scenario: MachineScenario, distinguishing sameness: Sameness = .state) throws {
    graphs += 1
    let start = try scenario.start()
    var seen: Set<Int> = [sameness.key(start)]
    var resumedFrom: Set<[TaskID<String>: FinishedTask<String>]> = []
    var open = [start]
    while let world = open.popLast() {
      worlds += 1
      if let result = world.result { results.insert(result) }
      for event in scenario.events(in: world) {
        events += 1
        let next = try scenario.world(world, after: event)
        if seen.insert(sameness.key(next)).inserted { open.append(next) }
        guard scenario.canDie, next.durable.count > world.durable.count, resumedFrom.insert(next.durable).inserted
        else { continue }
        let resumed = try scenario.start(finished: next.durable)
        if seen.insert(sameness.key(resumed)).inserted {
          deaths += 1
          open.append(resumed)
        }
      }
    }
  }

  /// Adds the numbers to the file that `EXPLORE_LOG` names, if it does.
  func tell(_ name: String) throws {
    guard let path = ProcessInfo.processInfo.environment["EXPLORE_LOG"] else { return }
    let url = URL(fileURLWithPath: path)
    let before = FileManager.default.fileExists(atPath: path) ? try String(contentsOf: url, encoding: .utf8) : ""
    let line = "\(name): \(graphs) graphs, \(worlds) states, \(events) events, \(deaths) deaths\n"
    try (before + line).write(to: url, atomically: true, encoding: .utf8)
  }
}
