import BackupModel
import HostSystem

/// What `systemd-analyze calendar` knows of a calendar expression.
enum CalendarCheck {
  private static let program = "systemd-analyze"

  /// The next time that an expression means after now or another time, as systemd prints it in UTC; nil if there is none any more.
  ///
  /// - Throws: `CommandError` `usage` if systemd doesn't understand it; `ChildError` if systemd's tools are missing.
  static func next(
    _ expression: String, of schedule: String, after base: Timestamp? = nil
  ) async throws -> String? {
    let time = base.map { ["--base-time=@\($0.seconds)"] } ?? []
    var command = ChildCommand(program, ["calendar"] + time + ["--", expression])
    command.environment = ["LC_ALL": "C", "TZ": "UTC"]
    command.timeLimit = .seconds(10)
    let result = try await command.run()
    guard result.isSuccess else {
      throw CommandError(
        .usage, "cannot use the timer of the schedule \(schedule): systemd doesn't understand `\(expression)`",
        cause: result.lastWords.last, hint: "systemd.time(7) describes calendar expressions")
    }
    return nextElapse(in: String(decoding: result.output, as: UTF8.self))
  }

  /// The first time that an expression means after another time; nil if there is none any more.
  ///
  /// - Throws: as ``next(_:of:after:)``.
  static func nextTime(_ expression: String, of schedule: String, after base: Timestamp?) async throws -> Timestamp? {
    guard let text = try await next(expression, of: schedule, after: base) else { return nil }
    let words = text.split(separator: " ")
    return Timestamp(parsing: "\(words[0])T\(words[1])Z")
  }

  /// Reads the line `Next elapse: Sun 2026-11-29 05:00:00 UTC` of systemd's answer.
  static func nextElapse(in text: String) -> String? {
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].filter({ $0 != " " }) == "Nextelapse" else { continue }
      let words = parts[1].split(separator: " ")
      // A weekday comes first; `never` stands alone.
      guard words.count >= 3 else { return nil }
      return words.suffix(3).joined(separator: " ")
    }
    return nil
  }
}
