import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct ScheduleTests {
  private func parse(_ text: String, file: String = "dir/weekly.yaml") throws -> Schedule {
    try Schedule.parse(text: text, file: file, kinds: knownKinds)
  }

  static let full = """
    timer: {on-calendar: "Sun *-*-* 05:00:00", persistent: true, randomized-delay: 5m}
    resources: {pool-disk: 1, backup-disk: 2}
    repository: {path: ./demo/repository}
    trees:
      - {name: doc, path: usr/doc/}
    streams:
      - {name: doc, command: [tar, -c, .], file: doc.tar}
    budget: 6h
    jobs:
      trees:  {kind: archive, trees: [etc, share], uses: [backup-disk], timeout: 2h, retry: {attempts: 2, backoff: 1m}}
      verify: {kind: verify, of: [trees], sample: 5%}
      drill:  {kind: drill, of: trees, after: [verify, trees], when: always, pick: least-recently-drilled, count: 3}
    """

  @Test func readsEveryKey() throws {
    let schedule = try parse(Self.full)
    #expect(schedule.name == "weekly")
    #expect(
      schedule.timer
        == TimerDeclaration(onCalendar: ["Sun *-*-* 05:00:00"], isPersistent: true, randomizedDelay: .seconds(300)))
    #expect(schedule.resources == ["pool-disk": 1, "backup-disk": 2])
    #expect(schedule.repository == RepositoryDeclaration(path: "demo/repository"))
    #expect(schedule.trees.map(\.path) == ["usr/doc"])
    #expect(schedule.streams.map(\.command) == [["tar", "-c", "."]])
    #expect(schedule.streams.map(\.source.description) == ["stream/doc"])
    #expect(schedule.budget == .seconds(6 * 3600))
    #expect(schedule.jobs.map(\.name) == ["trees", "verify", "drill"])
    let trees = schedule.jobs[0]
    #expect(trees.kind == "archive")
    #expect(trees.uses == ["backup-disk"])
    #expect(trees.timeout == .seconds(7200))
    #expect(trees.retry == JobDeclaration.Retry(attempts: 2, backoff: .seconds(60)))
    #expect(trees.when == .success)
    #expect(trees.specification.keys == ["trees"])
    #expect(try trees.specification.required("trees").strings() == ["etc", "share"])
    #expect(try schedule.job("verify")?.specification["sample"]?.percentage() == Percentage(percent: 5))
    let drill = try #require(schedule.job("drill"))
    #expect(drill.of == ["trees"])
    #expect(drill.after == ["verify", "trees"])
    #expect(drill.dependencies == ["trees", "verify"])
    #expect(drill.when == .always)
    #expect(drill.location.line == 12)
    #expect(schedule.job("none") == nil)
  }

  @Test func usesTheDocumentedDefaults() throws {
    let schedule = try parse("jobs: {a: {kind: archive}}")
    #expect(schedule.timer == nil && schedule.repository == nil && schedule.trees.isEmpty)
    #expect(schedule.streams.isEmpty && schedule.budget == nil)
    let job = schedule.jobs[0]
    #expect(job.of.isEmpty && job.after.isEmpty && job.uses.isEmpty)
    #expect(job.when == .success)
    #expect(job.timeout == nil)
    #expect(job.hooks == JobDeclaration.Hooks() && job.hooks.isEmpty)
    #expect(job.retry == JobDeclaration.Retry(attempts: 1, backoff: .seconds(30)))
    #expect(job.specification.allowedKeys == ["trees", "streams", "volumes"])
    #expect(try parse("timer: {on-calendar: [daily, weekly]}\njobs: {a: {kind: archive}}").timer?.onCalendar.count == 2)
  }

  @Test func parsesTheDemonstration() throws {
    let file = "schedules/demo.yaml"
    let schedule = try parse(RepositoryFiles.text(file), file: file)
    #expect(schedule.name == "demo")
    #expect(schedule.trees.map(\.name) == ["etc", "doc"])
    #expect(schedule.trees.map(\.path) == ["/etc", "/usr/share/doc"])
    #expect(schedule.jobs.map(\.kind) == ["archive", "verify", "drill"])
    #expect(try schedule.jobs[1].specification.required("sample").percentage() == Percentage(percent: 20))
    #expect(try schedule.jobs[2].specification.required("count").int(in: 1...1) == 1)
  }

  @Test(arguments: [
    ("jobs: {a: {kind: archive, uses: [x, x]}}", "`x` is named twice"),
    ("jobs: {a: {kind: archive, uses: x}}", "uses the resource `x`, which is not declared"),
    ("jobs: {a: {kind: archive, retry: 3}}", "`retry` is `3`, expected a mapping"),
    ("jobs: {a: {kind: archive, retry: {backoff: 1m}}}", "`retry` has no `attempts`"),
    ("jobs: {a: {kind: archive, retry: {attempts: 0}}}", "expected a whole number from 1 to 20"),
    ("jobs: {a: {kind: archive, timeout: 0s}}", "from 1s to 30d"),
    ("jobs: {a: {kind: archive, sample: 5%}}", "unknown key `sample` in job `a` of kind `archive`"),
    ("jobs: {a: {kind: [archive]}}", "`kind` is a list of 1 item, expected text"),
    ("jobs: {a: archive}", "`a` is `archive`, expected a mapping"),
    ("jobs: [a]", "`jobs` is a list of 1 item, expected a mapping"),
    ("jobs: {-a: {kind: archive}}", "job name `-a` is not a name"),
    ("jobs: {a: {kind: archive, after: b}, b: {kind: archive, after: a}}", "in a cycle: a -> b -> a"),
    ("timer: daily\njobs: {a: {kind: archive}}", "`timer` is `daily`, expected a mapping"),
    ("timer: {on-calendar: []}\njobs: {a: {kind: archive}}", "expected at least one calendar expression"),
    ("timer: {on-calendar: \"a\\nb\"}\njobs: {a: {kind: archive}}", "expected a calendar expression"),
    ("resources: {a b: 1}\njobs: {a: {kind: archive}}", "resource name `a b` is not a name"),
  ])
  func refusesAMistakeNamingIt(_ text: String, _ part: String) throws {
    let error = try #require(throws: PolicyError.self) { try parse(text) }
    #expect(error.message.hasPrefix("cannot read dir/weekly.yaml:"))
    #expect(error.message.contains(part), "\(error.message)")
  }

  @Test(arguments: [".yaml", "dir/", "a b.yaml", "dir/-x.yaml"])
  func refusesAFileWhoseNameIsNoName(_ file: String) throws {
    if file == "dir/" {
      #expect(try parse("jobs: {a: {kind: archive}}", file: file).name == "dir")
    } else {
      #expect(throws: PolicyError.self) { try parse("jobs: {a: {kind: archive}}", file: file) }
    }
  }

  @Test func findsACycleBehindALongChainWithoutDeepRecursion() throws {
    var text = "jobs:\n  j0: {kind: archive}\n"
    for job in 1...5000 { text += "  j\(job): {kind: verify, of: j\(job - 1)}\n" }
    #expect(try parse(text).jobs.count == 5001)
    text += "  x: {kind: verify, of: j5000, after: y}\n  y: {kind: verify, of: x}\n"
    let error = try #require(throws: PolicyError.self) { try parse(text) }
    #expect(error.message.hasSuffix("x -> y -> x"))
  }
}
