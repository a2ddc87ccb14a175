/// Works on items by several threads, and hands what they make to the calling one, in the order in which it is made.
///
/// When it returns, or throws, all threads have ended. After an error no other item is begun. What is made waits for `receive`, no more than
/// a few results for each thread.
///
/// - Parameters:
///   - threads: how many work; at most one for each item. With one, all is done by the calling thread.
///   - makeWorker: makes what a thread works with, on that thread. It is given an item, and a function to call with each result, which
///     throws if the others have failed.
///   - receive: called by the calling thread.
/// - Throws: the first error of `makeWorker`, of what it made, or of `receive`.
public func workInParallel<Item: Sendable, Made: Sendable>(
  on items: [Item], threads: Int,
  makeWorker: @escaping @Sendable () throws -> (Item, _ deliver: (Made) throws -> Void) throws -> Void,
  receive: (Made) throws -> Void
) throws {
  let threads = min(threads, items.count)
  guard threads > 1 else {
    guard !items.isEmpty else { return }
    let worker = try makeWorker()
    for item in items { try worker(item, receive) }
    return
  }
  let shared = Monitor(ParallelState<Made>(running: threads, itemCount: items.count))
  let workers = (0..<threads).map { _ in
    WorkerThread {
      do {
        let worker = try makeWorker()
        while let number = shared.update({ $0.takeNext() }) {
          try worker(items[number]) { made in
            try shared.wait { state in
              if state.isStopped { throw ParallelStop() }
              return state.add(made, atMost: threads * 4) ? () : nil
            }
          }
        }
        shared.update { $0.running -= 1 }
      } catch {
        shared.update { $0.fail(error) }
      }
    }
  }
  defer {
    shared.update { $0.isStopped = true }
    for worker in workers { worker.join() }
  }
  while let made = try shared.wait(until: { try $0.takeMade() }).value {
    for result in made { try receive(result) }
  }
}

/// Told to a thread that goes on after another one has failed; never seen outside.
private struct ParallelStop: Error {}

private struct ParallelState<Made: Sendable>: Sendable {
  /// What the calling thread is to do next; nil is to end.
  struct Step: Sendable { var value: [Made]? }

  var running: Int
  let itemCount: Int
  var next = 0
  var made: [Made] = []
  var error: (any Error)?
  var isStopped = false

  init(running: Int, itemCount: Int) {
    self.running = running
    self.itemCount = itemCount
  }

  mutating func takeNext() -> Int? {
    guard !isStopped, next < itemCount else { return nil }
    next += 1
    return next - 1
  }

  mutating func add(_ result: Made, atMost limit: Int) -> Bool {
    guard made.count < limit else { return false }
    made.append(result)
    return true
  }

  mutating func fail(_ error: any Error) {
    running -= 1
    if self.error == nil, !(error is ParallelStop) { self.error = error }
    isStopped = true
  }

  /// - Returns: nil as long as there is nothing to do.
  mutating func takeMade() throws -> Step? {
    if let error { throw error }
    if !made.isEmpty {
      defer { made = [] }
      return Step(value: made)
    }
    return running == 0 ? Step(value: nil) : nil
  }
}
