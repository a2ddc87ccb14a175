/// The tasks that use the same resources and wait for nothing else, best first: a binary heap.
///
/// Of tasks that use the same resources only the first can be the next to start: choosing what starts costs one
/// comparison for each set of resources, however many tasks wait. Tasks that end while they wait are left in and
/// skipped when they come to the top, so that ending them costs nothing here.
struct ReadyQueue: Hashable, Sendable {
  private var heap: [StartOrder] = []

  var first: StartOrder? { heap.first }

  mutating func insert(_ task: StartOrder) {
    heap.append(task)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child] < heap[parent] else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while let child = betterChild(of: parent), heap[child] < heap[parent] {
      heap.swapAt(child, parent)
      parent = child
    }
  }

  private func betterChild(of parent: Int) -> Int? {
    let left = 2 * parent + 1
    guard left < heap.count else { return nil }
    return left + 1 < heap.count && heap[left + 1] < heap[left] ? left + 1 : left
  }
}
