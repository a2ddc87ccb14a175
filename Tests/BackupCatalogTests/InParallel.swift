import HostSystem
import Synchronization

/// Runs `body` on some threads of their own at once, and gives what they return in their order.
func inParallel<Value: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Value) throws -> [Value] {
  let results = Monitor([Int: Result<Value, any Error>]())
  let threads = (0..<count).map { number in
    WorkerThread {
      let result = Result { try body(number) }
      results.update { $0[number] = result }
    }
  }
  for thread in threads { thread.join() }
  let all = results.update { $0 }
  return try (0..<count).compactMap { try all[$0]?.get() }
}
