import BackupModel
import BackupPolicy
import Foundation
import Testing

@testable import BackupEngine

/// What is documented is what is spoken.
@Suite struct PluginDocumentsTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func document(_ path: String) throws -> Data { try Data(contentsOf: Self.root.appending(path: path)) }

  private func definition(_ name: String) throws -> [String: Any] {
    let schema = try #require(
      try JSONSerialization.jsonObject(with: try document("docs/plugin-protocol.schema.json")) as? [String: Any])
    return try #require((schema["$defs"] as? [String: Any])?[name] as? [String: Any])
  }

  private func keys(_ value: some Encodable) throws -> Set<String> {
    let object = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(value)) as? [String: Any]
    return Set(try #require(object).keys)
  }

  private func expect(_ keys: Set<String>, fit name: String) throws {
    let definition = try definition(name)
    let properties = Set(try #require(definition["properties"] as? [String: Any]).keys)
    let required = Set(try #require(definition["required"] as? [String]))
    #expect(keys.isSubset(of: properties), "\(name): \(keys.subtracting(properties))")
    #expect(required.isSubset(of: keys), "\(name): \(required.subtracting(keys))")
  }

  @Test func schemaHasTheKeysThatPluginsAreGiven() throws {
    let facts = PluginMessages.Facts(host: "h", tool: "t", repository: "r", scratch: "s", run: "1")
    try expect(try keys(facts), fit: "facts")
    let specification = JSONValue.mapping([:])
    try expect(
      try keys(
        PluginMessages.Expand(job: "a", kind: "k", specification: specification, inputs: [], facts: facts)),
      fit: "expandInput")
    var run = PluginMessages.Run(
      job: "a", kind: "k", specification: specification, subject: "tree/x", parameters: [:], attempt: 1, facts: facts)
    #expect(try !keys(run).contains("stream"))
    run.stream = "/pipe"
    try expect(try keys(run), fit: "runInput")
  }

  @Test func schemaHasTheWordsThatAreUnderstood() throws {
    func words(_ definition: String, _ property: String) throws -> [String] {
      let properties = try #require(try self.definition(definition)["properties"] as? [String: [String: Any]])
      return try #require(properties[property]?["enum"] as? [String])
    }
    for level in try words("log", "level") {
      #expect(PluginEvent<PluginMessages.Outcome>.Level(rawValue: level) != nil)
    }
    for grade in try words("runResult", "grade") { #expect(PluginMessages.Outcome.Grade(rawValue: grade) != nil) }
    #expect(try definition("protocol")["const"] as? Int == KindPlugin.protocolVersion)
  }

  @Test func theSmallPluginOfThePageWorks() async throws {
    let page = String(decoding: try document("docs/plugins.md"), as: UTF8.self)
    let start = try #require(page.range(of: "```sh\n#!/bin/sh\n# backupctl-kind-crontabs"))
    let end = try #require(page.range(of: "```\n", range: start.upperBound..<page.endIndex))
    let scene = try ScheduleScene()
    let tables = scene.directory + "/crontabs"
    try FileManager.default.createDirectory(atPath: tables, withIntermediateDirectories: true)
    try Data("@daily true\n".utf8).write(to: URL(fileURLWithPath: tables + "/ada"))
    let text = page[start.lowerBound..<end.lowerBound].dropFirst("```sh\n".count)
      .replacingOccurrences(of: "/var/spool/cron/crontabs", with: tables)
    try scene.script("\(scene.plugins)/backupctl-kind-crontabs", text)
    let task = try await scene.task("  a: {kind: crontabs}")
    #expect(task.state == .succeeded, "\(task)")
    #expect(try scene.content(of: "crontabs", file: "crontabs") == "# ada\n@daily true\n")
  }
}
