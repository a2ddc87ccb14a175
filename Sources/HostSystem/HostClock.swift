public import BackupModel
import CLinux
import Glibc

/// The time of day and the passing of time, as injected into everything that asks for them.
public protocol HostClock: Sendable {
  /// The time of day.
  func now() -> Timestamp
  /// Time since some fixed instant; never goes back.
  func elapsed() -> Duration
  /// The time that the kernel would stamp on an inode now (`CLOCK_REALTIME_COARSE`).
  func inodeTime() -> Timestamp
}

/// The host's real clock.
public struct SystemClock: HostClock {
  /// Makes the clock.
  public init() {}

  /// The time of day.
  public func now() -> Timestamp {
    let time = read(CLOCK_REALTIME)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
  }

  /// Time since the host was started.
  public func elapsed() -> Duration {
    let time = read(CLOCK_MONOTONIC)
    return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
  }

  /// The time that the kernel would stamp on an inode now.
  public func inodeTime() -> Timestamp {
    var seconds: Int64 = 0
    var nanoseconds: UInt32 = 0
    clinux_coarse_time(&seconds, &nanoseconds)
    return Timestamp(seconds: seconds, nanoseconds: Int32(nanoseconds))
  }

  private func read(_ clock: clockid_t) -> timespec {
    var time = timespec()
    // It fails only for a clock that doesn't exist; these two always do.
    clock_gettime(clock, &time)
    return time
  }
}
