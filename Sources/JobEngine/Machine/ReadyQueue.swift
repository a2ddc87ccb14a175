/// The tasks of one job that wait only for resources, in the order in which they will start.
///
/// All tasks of a job use the same resources, so only the first can be the next to start: choosing among jobs
/// costs one comparison per job, however many tasks wait.
struct ReadyQueue: Hashable, Sendable {
  /// Last first, so that taking the first is cheap.
  private var reversed: [StartOrder] = []

  var first: StartOrder? { reversed.last }

  mutating func insert(contentsOf tasks: [StartOrder]) {
    reversed = (reversed + tasks).sorted(by: >)
  }

  mutating func insert(_ task: StartOrder) {
    reversed.insert(task, at: reversed.firstIndex { $0 < task } ?? reversed.endIndex)
  }

  mutating func removeFirst() {
    reversed.removeLast()
  }

  mutating func remove(task: Int) {
    reversed.removeAll { $0.task == task }
  }

  mutating func removeAll() {
    reversed = []
  }
}
