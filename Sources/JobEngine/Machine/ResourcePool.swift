/// The units of each resource that are free.
///
/// All units of a task are taken at once or not at all, so tasks can't wait for each other in a circle.
struct ResourcePool: Hashable, Sendable {
  private var free: [String: Int]

  init(capacities: [String: Int]) {
    free = capacities
  }

  /// Tells whether one unit of each is free.
  func canTake(_ resources: [String]) -> Bool {
    resources.allSatisfy { free[$0, default: 0] > 0 }
  }

  mutating func take(_ resources: [String]) {
    for resource in resources { free[resource, default: 0] -= 1 }
  }

  mutating func giveBack(_ resources: [String]) {
    for resource in resources { free[resource, default: 0] += 1 }
  }
}
