import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct KeepRulesTests {
  private func rules(yaml: String) throws -> KeepRules {
    let document = try DocumentNode.parse(text: "jobs: 1\nkeep: \(yaml)", file: "s.yaml")
    return try KeepRules(document.mapping(allowing: ["jobs", "keep"]).required("keep"))
  }

  @Test(arguments: [
    ("{last: 2, daily: 7}", "last=2,daily=7"), ("{daily: 7, last: 2}", "last=2,daily=7"),
    ("{within: 14d}", "within=14d"), ("{within: 2w, yearly: 99999}", "yearly=99999,within=14d"),
    ("{daily: 0, hourly: 1}", "hourly=1"),
    ("{within-weekly: 90d, within-daily: 2w}", "within-daily=14d,within-weekly=90d"),
    (
      "{last: 1, hourly: 2, daily: 3, weekly: 4, monthly: 5, yearly: 6, within: 36h}",
      "last=1,hourly=2,daily=3,weekly=4,monthly=5,yearly=6,within=1d12h"
    ),
  ])
  func readsRulesOfAScheduleAndPrintsThemAsTyped(_ yaml: String, _ text: String) throws {
    let rules = try rules(yaml: yaml)
    #expect(rules.description == text)
    #expect(try KeepRules(parsing: text) == rules)
  }

  @Test(arguments: [
    ("{}", "`keep` keeps nothing"), ("{daily: 0}", "`keep` keeps nothing"),
    ("{dialy: 7}", "unknown key `dialy` in `keep`; did you mean `daily`?"),
    ("{daily: -1}", "`daily` is `-1`, expected a whole number from 0 to 99999"),
    ("{daily: 100000}", "expected a whole number from 0 to 99999"), ("{daily: 7d}", "`daily` is `7d`"),
    ("{daily: \"7\"}", "`daily` is the text \"7\""), ("{within: 0s}", "`within` is `0s`, expected a length of time"),
    ("{within: 14}", "`within` is `14`"), ("{within: 36501d}", "from 1s to 36500d"), ("7", "expected a mapping"),
    ("{daily: 7, daily: 8}", "daily"),
  ])
  func refusesAMistakeOfAScheduleNamingItsLine(_ yaml: String, _ part: String) throws {
    let error = try #require(throws: PolicyError.self) { try rules(yaml: yaml) }
    #expect(error.message.hasPrefix("cannot read s.yaml:2: "), "\(error.message)")
    #expect(error.message.contains(part), "\(error.message)")
  }

  @Test(arguments: [
    ("", "`` is not a rule and its number, such as `daily=7`"), ("daily", "`daily` is not a rule and its number"),
    ("daily=7,", "`` is not a rule"), ("dialy=7", "there is no rule `dialy`; did you mean `daily`?"),
    ("daily=7,daily=8", "`daily` is there twice"), ("daily=", "`daily=` needs a whole number from 0 to 99999"),
    ("daily=+7", "`daily=+7` needs a whole number"), ("daily=100000", "needs a whole number from 0 to 99999"),
    ("daily=7=7", "`daily=7=7` needs a whole number"), (" daily=7", "there is no rule ` daily`"),
    ("within=7", "`within=7` needs a length of time"), ("within=0s", "`within=0s` needs a length of time"),
    ("within-last=7d", "there is no rule `within-last`"), ("within-daily=7", "`within-daily=7` needs a length of time"),
    ("last=0", "nothing would be kept"), ("last=0,daily=0", "nothing would be kept"),
  ])
  func refusesAMistakeOfTypedRulesNamingIt(_ text: String, _ part: String) throws {
    let error = try #require(throws: PolicyError.self) { try KeepRules(parsing: text) }
    #expect(error.message.hasPrefix("cannot understand `\(text)` as keep rules: "))
    #expect(error.message.contains(part), "\(error.message)")
    #expect(error.category == .usage)
  }

  @Test(
    arguments: [
      ([:], nil, "they keep nothing"), ([.daily: 0], nil, "they keep nothing"),
      ([.daily: -1], nil, "daily=-1"), ([.last: 100_000], nil, "last=100000"), ([:], Duration.zero, "within=0s"),
    ] as [([KeepRule: Int], Duration?, String)])
  func refusesPartsThatMakeNoRules(_ counts: [KeepRule: Int], _ within: Duration?, _ part: String) throws {
    let error = try #require(throws: PolicyError.self) { try KeepRules(counts, within: within) }
    #expect(error.message.contains(part), "\(error.message)")
  }
}
