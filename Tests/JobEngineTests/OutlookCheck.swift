@testable import JobEngine

/// Shows that states of one outlook have the same future: the same events, each leading to the same outlook.
///
/// So whatever can be reached from one of them can, but for what `outlook` leaves out, be reached from the others,
/// and entering one of them is enough.
struct OutlookCheck {
  /// One event, or death, and what it leads to.
  private struct Step: Hashable {
    let event: MachineScenario.Event?
    let outlook: Int
  }

  private(set) var states = 0
  private(set) var outlooks = 0

  /// Enters each distinct state of a scenario, without the reduction.
  mutating func check(_ scenario: MachineScenario) throws {
    var futures: [Int: Set<Step>] = [:]
    let start = try scenario.start()
    var seen: Set<Int> = [start.fingerprint]
    var open = [start]
    while let world = open.popLast() {
      states += 1
      var future: Set<Step> = []
      for event in scenario.events(in: world) {
        let next = try scenario.world(world, after: event)
        future.insert(Step(event: event, outlook: next.outlook))
        if seen.insert(next.fingerprint).inserted { open.append(next) }
      }
      if scenario.canDie {
        let resumed = try scenario.start(finished: world.durable)
        future.insert(Step(event: nil, outlook: resumed.outlook))
        if seen.insert(resumed.fingerprint).inserted { open.append(resumed) }
      }
      guard let known = futures.updateValue(future, forKey: world.outlook), known != future else { continue }
      let apart = known.symmetricDifference(future).map { $0.event.map(String.init(describing:)) ?? "death" }
      throw Violation("one outlook, two futures: \(apart) in \(world.machine.summary) of \(scenario.graph)")
    }
    outlooks += futures.count
  }
}
