/// One process, told apart from any other that has or had the same number.
///
/// The kernel reuses process numbers, and start times are counted from the boot; the three together name one process.
public struct ProcessIdentity: Hashable, Sendable {
  /// The process number.
  public let pid: Int32
  /// When it started, in clock ticks since the boot: field 22 of `/proc/PID/stat`.
  public let startTicks: UInt64
  /// Which boot: `/proc/sys/kernel/random/boot_id`.
  public let bootID: String

  /// Names a process.
  public init(pid: Int32, startTicks: UInt64, bootID: String) {
    self.pid = pid
    self.startTicks = startTicks
    self.bootID = bootID
  }
}
