/// The units of each resource that are free, and those that never will be again in this run.
///
/// All units of a task are taken at once or not at all, so tasks can't wait for each other in a circle.
struct ResourcePool: Hashable, Sendable {
  private var free: [Int]
  private var lost: [Int]

  init(capacities: [Int]) {
    free = capacities
    lost = capacities.map { _ in 0 }
  }

  /// Tells whether one unit of each is free.
  func canTake(_ resources: [Int]) -> Bool {
    resources.allSatisfy { free[$0] > 0 }
  }

  mutating func take(_ resources: [Int]) {
    for resource in resources { free[resource] -= 1 }
  }

  mutating func giveBack(_ resources: [Int]) {
    for resource in resources { free[resource] += 1 }
  }

  /// Counts one taken unit of each as lost: whoever has it never gives it back.
  mutating func lose(_ resources: [Int]) {
    for resource in resources { lost[resource] += 1 }
  }

  /// The number of units of a resource that are lost.
  func lostUnits(of resource: Int) -> Int { lost[resource] }
}
