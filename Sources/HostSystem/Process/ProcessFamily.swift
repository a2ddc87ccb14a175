import Glibc
import Synchronization

/// A program that was started in a session of its own, with all that it started in turn.
final class ProcessFamily: Sendable {
  private let leader = Mutex<Int32?>(nil)

  /// Takes note of the process that leads the family.
  func begin(_ process: Int32) { leader.withLock { $0 = process } }

  /// Kills whoever is left of the family after its leader was stopped: a child that ignores the wish to stop.
  ///
  /// The kernel gives the leader's number to no new process while anybody of its group is left.
  func kill() {
    guard let process = leader.withLock({ $0 }), process > 1 else { return }
    // Nobody left is what is wanted.
    _ = Glibc.kill(-process, SIGKILL)
  }
}
