import BackupModel
import Foundation
import Testing

@testable import BackupPolicy

@Suite struct PluginSpecificationTests {
  private let kinds = knownKinds.merging(["postgres-dump": .any]) { _, plugin in plugin }

  private func job(_ keys: String) throws -> JobDeclaration {
    let text = "resources: {disk: 1}\njobs:\n  a: {kind: postgres-dump, \(keys)}"
    return try #require(try Schedule.parse(text: text, file: "s.yaml", kinds: kinds).jobs.first)
  }

  private func json(_ value: JSONValue) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  @Test func givesAPluginAllKeysButTheCommonOnes() throws {
    let job = try job("uses: disk, timeout: 1h, hooks: {before: [a]}, database: immich, format: [custom, 9]")
    #expect(job.kind == "postgres-dump")
    #expect(job.uses == ["disk"] && job.timeout == .seconds(3600) && job.hooks.before == [["a"]])
    #expect(job.specification.allowedKeys == nil)
    #expect(job.specification.keys == ["database", "format"])
    #expect(job.specification["elsewhere"] == nil)
    #expect(try json(job.specification.jsonValue) == #"{"database":"immich","format":["custom",9]}"#)
  }

  @Test func givesAnEmptySpecificationAsAnEmptyObject() throws {
    #expect(try json(job("retry: {attempts: 2}").specification.jsonValue) == "{}")
  }

  @Test(arguments: [
    ("text", #""text""#), ("\"5\"", #""5""#), ("5", "5"), ("-5", "-5"), ("0", "0"), ("+5", #""+5""#), ("-0", #""-0""#),
    ("0755", #""0755""#), ("1.5", #""1.5""#), ("1e3", #""1e3""#), ("9223372036854775807", "9223372036854775807"),
    ("9223372036854775808", #""9223372036854775808""#), ("true", "true"), ("false", "false"), ("True", #""True""#),
    ("\"true\"", #""true""#), ("", "null"), ("~", "null"), ("null", "null"), ("\"\"", #""""#), ("[]", "[]"),
    ("{}", "{}"), ("[1, [a, {b: }]]", #"[1,["a",{"b":null}]]"#), ("{b: 5%, a: {c: 2h}}", #"{"a":{"c":"2h"},"b":"5%"}"#),
  ])
  func encodesAValueAsJSONHasIt(_ text: String, _ expected: String) throws {
    #expect(try json(job("key: \(text)").specification.jsonValue) == "{\"key\":\(expected)}")
  }

  @Test func stillChecksTheCommonKeysOfAPlugin() throws {
    for (keys, part) in [
      ("timeout: 1", "`timeout` is `1`"), ("after: x", "which is not declared"), ("uses: x", "is not declared"),
      ("when: always", "waits for no job"), ("hooks: {before: a}", "no shell is between"),
    ] {
      let error = try #require(throws: PolicyError.self) { try job(keys) }
      #expect(error.message.contains(part), "\(error.message)")
    }
  }

  @Test func listsPluginsAmongTheKnownKinds() throws {
    let error = try #require(throws: PolicyError.self) {
      try Schedule.parse(text: "jobs: {a: {kind: postgres}}", file: "s.yaml", kinds: kinds)
    }
    #expect(error.hint == "kinds known here: `archive`, `drill`, `postgres-dump`, `retention`, `snapshot`, `verify`")
  }
}
