public import BackupModel
import Synchronization

/// Keeps reading and writing within limits: so many bytes a second, and less when the machine's disks are busy.
///
/// Threads call ``didRead(_:)`` and ``didWrite(_:)`` after each piece of work and are held back there. The rates are
/// those of all threads together. A rate is a bucket that holds a quarter of a second's bytes: short bursts pass, the
/// mean doesn't exceed the rate. Under I/O pressure above the limit each piece of reading is followed by a pause that
/// doubles up to two seconds as long as the pressure stays, and halves when it is gone.
public final class Pacer: Sendable {
  /// What there is to keep to.
  public struct Limits: Sendable, Hashable {
    /// Bytes read in a second; nil for as many as come.
    public var readRate: ByteCount?
    /// Bytes written in a second; nil for as many as come.
    public var writeRate: ByteCount?
    /// The share of time that tasks of the machine may wait for I/O before reading slows down; nil to not look.
    public var pressure: Double?

    /// Makes limits; by default there are none.
    public init(readRate: ByteCount? = nil, writeRate: ByteCount? = nil, pressure: Double? = nil) {
      self.readRate = readRate
      self.writeRate = writeRate
      self.pressure = pressure
    }

    /// Whether there is nothing to keep to.
    public var areNone: Bool { readRate == nil && writeRate == nil && pressure == nil }
  }

  private struct State {
    var read: Bucket?
    var written: Bucket?
    var pressure = PressureBrake()
    var pressureReadAt: Duration?
    var pausedFor = Duration.zero
  }

  private let limits: Limits
  private let elapsed: @Sendable () -> Duration
  private let sleep: @Sendable (Duration) -> Void
  private let readPressure: @Sendable () -> IOPressure?
  private let state: Mutex<State>

  /// Makes a pacer.
  ///
  /// - Parameters:
  ///   - sleep: holds the calling thread for a time.
  ///   - pressure: reads the machine's pressure; asked at most twice a second.
  public init(
    _ limits: Limits, clock: any HostClock, sleep: @escaping @Sendable (Duration) -> Void = sleepThread,
    pressure: @escaping @Sendable () -> IOPressure? = IOPressure.current
  ) {
    self.limits = limits
    elapsed = { clock.elapsed() }
    self.sleep = sleep
    readPressure = pressure
    state = Mutex(
      State(
        read: limits.readRate.map { Bucket(rate: $0, at: clock.elapsed()) },
        written: limits.writeRate.map { Bucket(rate: $0, at: clock.elapsed()) }))
  }

  /// Takes note of bytes that were read, and holds the thread back if they were too many.
  public func didRead(_ count: Int) {
    guard limits.readRate != nil || limits.pressure != nil else { return }
    pause { state, now in
      let wait = state.read?.take(count, at: now) ?? .zero
      return max(wait, brake(&state, at: now))
    }
  }

  /// Takes note of bytes that were written, and holds the thread back if they were too many.
  public func didWrite(_ count: Int) {
    guard limits.writeRate != nil else { return }
    pause { state, now in state.written?.take(count, at: now) ?? .zero }
  }

  /// How long threads were held back in all.
  public var pausedFor: Duration { state.withLock(\.pausedFor) }

  private func pause(_ decide: (inout State, Duration) -> Duration) {
    let now = elapsed()
    let wait = state.withLock { state in
      let wait = decide(&state, now)
      state.pausedFor += wait
      return wait
    }
    if wait > .zero { sleep(wait) }
  }

  private func brake(_ state: inout State, at now: Duration) -> Duration {
    guard let limit = limits.pressure else { return .zero }
    if state.pressureReadAt.map({ now - $0 >= .milliseconds(500) }) ?? true {
      state.pressureReadAt = now
      state.pressure.adjust(isAbove: (readPressure()?.some ?? 0) > limit)
    }
    return state.pressure.pause
  }
}

/// The bytes that may pass at a rate: a token bucket.
struct Bucket: Sendable {
  private let rate: Double
  private let capacity: Double
  private var level: Double
  private var last: Duration

  init(rate: ByteCount, at now: Duration) {
    self.rate = max(1, Double(rate.bytes))
    capacity = self.rate / 4
    level = capacity
    last = now
  }

  /// Takes bytes out and says how long to wait until the bucket is no longer in debt.
  mutating func take(_ count: Int, at now: Duration) -> Duration {
    level = min(capacity, level + max(0, (now - last).inSeconds) * rate)
    last = now
    level -= Double(count)
    return level < 0 ? .seconds(-level / rate) : .zero
  }
}

/// The pause after each piece of reading that follows from the pressure on the disks.
struct PressureBrake: Sendable {
  static let first = Duration.milliseconds(10)
  static let longest = Duration.seconds(2)
  private(set) var pause = Duration.zero

  mutating func adjust(isAbove: Bool) {
    if isAbove {
      pause = pause == .zero ? Self.first : min(Self.longest, pause * 2)
    } else {
      pause = pause <= Self.first ? .zero : pause / 2
    }
  }
}

/// Holds the calling thread for a time.
@Sendable public func sleepThread(_ duration: Duration) {
  let monitor = Monitor(false)
  _ = monitor.wait(atMost: duration.inSeconds) { _ in nil }
}
