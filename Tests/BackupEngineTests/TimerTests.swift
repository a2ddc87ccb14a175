import BackupModel
import BackupPolicy
import Foundation
import HostSystem
import Testing

@testable import BackupEngine

@Suite struct TimerTests {
  private let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "backupctl-timers-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  private func unit(_ name: String, _ timer: String) throws -> TimerUnit {
    let text = "timer: \(timer)\njobs:\n  keep: {kind: archive, trees: etc}\n"
    return try #require(
      TimerUnit(
        try Schedule.parse(
          text: text, file: "/etc/backupctl/schedules/\(name).yaml", kinds: JobKindRegistry.builtIn.keys)))
  }

  private func plan(_ units: TimerUnit...) throws -> TimerInstallation {
    try TimerInstallation.plan(units, in: PathBytes(path: directory.path))
  }

  private func steps(_ plan: TimerInstallation) -> [String] { plan.changes.map { "\($0.step) \($0.fileName)" } }

  private func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: directory.appending(path: name))
  }

  private func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
  }

  @Test func rendersEveryKeyOfATimer() throws {
    let unit = try unit(
      "weekly", "{on-calendar: [\"Sun *-*-* 05:00:00\", \"*-*-01 03:00:00\"], persistent: true, randomized-delay: 5m}")
    #expect(unit.fileName == "backupctl@weekly.timer")
    #expect(
      unit.text == """
        # Written by `backupctl timers install` from the `timer:` of the schedule weekly: change it there.
        [Unit]
        Description=backupctl: start the schedule weekly

        [Timer]
        OnCalendar=Sun *-*-* 05:00:00
        OnCalendar=*-*-01 03:00:00
        Persistent=true
        RandomizedDelaySec=300s
        AccuracySec=1s

        [Install]
        WantedBy=timers.target

        """)
  }

  @Test func doublesAPercentSignWhichSystemdWouldExpand() throws {
    #expect(try unit("odd", "{on-calendar: \"50%\"}").text.contains("OnCalendar=50%%\n"))
  }

  @Test func hasNoUnitForAScheduleWithoutATimer() throws {
    let schedule = try Schedule.parse(
      text: "jobs:\n  keep: {kind: archive, trees: etc}\n", file: "byhand.yaml", kinds: JobKindRegistry.builtIn.keys)
    #expect(TimerUnit(schedule) == nil)
  }

  @Test func installsKeepsReplacesAndRemovesItsOwnUnits() throws {
    let first = try unit("weekly", "{on-calendar: weekly}")
    var installation = try plan(first, try unit("nightly", "{on-calendar: daily}"))
    #expect(steps(installation) == ["create backupctl@nightly.timer", "create backupctl@weekly.timer"])
    #expect(try files() == [])
    try installation.execute()
    #expect(try files() == ["backupctl@nightly.timer", "backupctl@weekly.timer"])

    installation = try plan(first, try unit("nightly", "{on-calendar: daily}"))
    #expect(installation.isInPlace)
    try installation.execute()

    installation = try plan(try unit("weekly", "{on-calendar: monthly}"))
    #expect(steps(installation) == ["remove backupctl@nightly.timer", "replace backupctl@weekly.timer"])
    try installation.execute()
    #expect(try files() == ["backupctl@weekly.timer"])
    #expect(try plan(try unit("weekly", "{on-calendar: monthly}")).isInPlace)
  }

  @Test func neverTouchesUnitsThatItDidNotWrite() throws {
    try write("[Timer]\nOnCalendar=hourly\n", to: "backupctl@weekly.timer")
    try write("[Timer]\nOnCalendar=hourly\n", to: "backupctl@own.timer")
    try write("\(TimerUnit.mark)\n", to: "other.timer")
    let installation = try plan(try unit("weekly", "{on-calendar: weekly}"))
    #expect(steps(installation) == ["foreign backupctl@weekly.timer"])
    #expect(!installation.isInPlace)
    try installation.execute()
    #expect(try files() == ["backupctl@own.timer", "backupctl@weekly.timer", "other.timer"])
    let text = try String(contentsOf: directory.appending(path: "backupctl@weekly.timer"), encoding: .utf8)
    #expect(text == "[Timer]\nOnCalendar=hourly\n")
  }

  @Test func saysThatTheDirectoryIsMissing() throws {
    let error = try #require(throws: EngineError.self) {
      try TimerInstallation.plan([], in: PathBytes(path: "\(directory.path)/none"))
    }
    #expect(error.message.contains("none"))
    #expect(error.hint == "give the directory of the units with `--directory`")
  }
}

@Suite struct SourceMatchingTests {
  @Test(arguments: [
    ("etc", "etc", true), ("etc", "et", false), ("nfs/immich", "*", true), ("nfs/immich", "nfs/*", true),
    ("nfs-ssd/x", "nfs/*", false), ("nfs/immich", "*/im*ch", true), ("nfs/immich", "n*i*h", true),
    ("aba", "ab*ba", false), ("abba", "ab*ba", true), ("nfs", "nfs/*", false), ("a", "**", true), ("", "*", true),
  ])
  func matchesANameWithStars(name: String, pattern: String, expected: Bool) {
    #expect(matches(name, pattern) == expected)
  }
}
