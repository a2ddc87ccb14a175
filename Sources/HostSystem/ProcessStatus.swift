import Glibc

/// What the kernel tells of a process beside its number, which it gives to other processes later.
public enum ProcessStatus {
  /// When a process started, in clock ticks since the boot: field 22 of `/proc/PID/stat`.
  ///
  /// - Returns: nil if there is no such process.
  public static func startTicks(of process: Int32) -> UInt64? {
    kernelText("/proc/\(process)/stat").flatMap(startTicks(inStat:))
  }

  /// Reads the field; the name in parentheses may itself hold blanks and parentheses.
  static func startTicks(inStat text: String) -> UInt64? {
    guard let end = text.lastIndex(of: ")") else { return nil }
    // What follows the name begins with field 3.
    let fields = text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
    return fields.count > 19 ? UInt64(fields[19]) : nil
  }

  /// Whether this process acts with the rights of root.
  public static var isRoot: Bool { geteuid() == 0 }

  /// Which boot of the machine this is: `/proc/sys/kernel/random/boot_id`; empty if the kernel doesn't say.
  public static func bootID() -> String {
    // In a container without it a process is told apart by number and start alone.
    (kernelText("/proc/sys/kernel/random/boot_id") ?? "").filter { !$0.isWhitespace }
  }
}
