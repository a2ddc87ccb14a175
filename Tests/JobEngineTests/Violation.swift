/// A broken promise of the state machine.
struct Violation: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Throws unless a promise is kept.
func check(_ condition: Bool, _ violation: @autoclosure () -> String) throws {
  if !condition { throw Violation(violation()) }
}
