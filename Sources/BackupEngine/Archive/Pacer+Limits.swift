public import BackupPolicy
public import HostSystem

extension Pacer {
  /// What keeps to declared limits; nil if they ask for nothing.
  public static func keeping(_ limits: BackupPolicy.Limits, clock: any HostClock) -> Pacer? {
    let limits = Limits(
      readRate: limits.readRate, writeRate: limits.writeRate, pressure: limits.ioPressure?.fraction)
    return limits.areNone ? nil : Pacer(limits, clock: clock)
  }
}
