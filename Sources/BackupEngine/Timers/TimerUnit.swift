public import BackupPolicy

/// The systemd timer unit that starts a schedule.
public struct TimerUnit: Sendable, Hashable {
  /// The schedule's name.
  public let schedule: String
  /// The schedule's timer.
  public let timer: TimerDeclaration

  /// Makes the unit of a schedule; nil if the schedule has no timer.
  public init?(_ schedule: Schedule) {
    guard let timer = schedule.timer else { return nil }
    self.schedule = schedule.name
    self.timer = timer
  }

  /// The first words of every unit that backupctl writes; a file without them is somebody else's.
  public static let mark = "# Written by `backupctl timers install`"

  /// The name of the unit of a schedule: `backupctl@weekly.timer`; it starts `backupctl@weekly.service`.
  ///
  /// A schedule's name has only characters that need no escape in the name of an instance, but for the hyphen, which
  /// stands for a slash only where a unit's name is turned into a path, and none is here.
  public static func fileName(of schedule: String) -> String { "backupctl@\(schedule).timer" }

  /// The schedule that a unit's name belongs to; nil for other names.
  public static func schedule(ofFileName name: String) -> String? {
    guard name.hasPrefix("backupctl@"), name.hasSuffix(".timer") else { return nil }
    return String(name.dropFirst("backupctl@".count).dropLast(".timer".count))
  }

  /// The name of the unit.
  public var fileName: String { Self.fileName(of: schedule) }

  /// The text of the unit, the same for the same declaration.
  public var text: String {
    var lines = [
      "\(Self.mark) from the `timer:` of the schedule \(schedule): change it there.",
      "[Unit]",
      "Description=backupctl: start the schedule \(schedule)",
      "",
      "[Timer]",
    ]
    // A percent sign begins a specifier of systemd.
    lines += timer.onCalendar.map {
      "OnCalendar=\($0.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%"))"
    }
    lines.append("Persistent=\(timer.isPersistent)")
    if timer.randomizedDelay > .zero {
      lines.append("RandomizedDelaySec=\(timer.randomizedDelay.components.seconds)s")
    }
    lines += ["AccuracySec=1s", "", "[Install]", "WantedBy=timers.target"]
    return lines.joined(separator: "\n") + "\n"
  }
}
