import Testing

@testable import BackupPolicy

@Suite struct DocumentationTests {
  /// The fenced blocks of `docs/configuration.md` whose fence has these words.
  private static func blocks(marked mark: String) throws -> [String] {
    var blocks: [String] = []
    var block: [Substring]?
    for line in try RepositoryFiles.text("docs/configuration.md").split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      if line == "```yaml \(mark)" {
        block = []
      } else if line == "```", let lines = block {
        blocks.append(lines.joined(separator: "\n"))
        block = nil
      } else {
        block?.append(line)
      }
    }
    return blocks
  }

  @Test func parsesEveryDocumentedConfiguration() throws {
    let blocks = try Self.blocks(marked: "full-configuration")
    #expect(blocks.count == 4)
    for block in blocks { _ = try Configuration.parse(text: block, file: "docs/configuration.md") }
  }

  /// The shipped configuration of a whole host.
  private func referenceHost() throws -> Configuration {
    let file = "docs/reference-host.yaml"
    return try Configuration.parse(text: RepositoryFiles.text(file), file: file)
  }

  @Test func parsesTheConfigurationOfTheReferenceHost() throws {
    let configuration = try referenceHost()
    #expect(configuration.volumes.map(\.name) == ["databases", "pvc"])
    #expect(configuration.kubernetes?.driver == KubernetesDeclaration.defaultDriver)
    #expect(try Configuration.parse(text: configuration.effectiveYAML(), file: "printed.yaml") == configuration)
  }

  @Test(arguments: ["snapshots", "nightly", "weekly"])
  func shippedSchedulesNameOnlyWhatTheReferenceHostDeclares(_ name: String) throws {
    let file = "schedules/\(name).yaml"
    let schedule = try Schedule.parse(text: RepositoryFiles.text(file), file: file, kinds: knownKinds)
    let host = try referenceHost()
    let declared = [
      "trees": host.trees.map(\.name), "streams": host.streams.map(\.name), "volumes": host.volumes.map(\.name),
    ]
    var named: Set<String> = []
    for job in schedule.jobs {
      for (key, names) in declared where job.specification.keys.contains(key) {
        let wanted = try job.specification[key]?.strings() ?? []
        #expect(Set(wanted).isSubset(of: names), "\(job.name): \(key)")
        named.formUnion(wanted.map { "\(key) \($0)" })
      }
    }
    guard name == "weekly" else { return }
    // What was archived is looked at before anything is forgotten, by the rules of the configuration.
    let retention = try #require(schedule.jobs.first { $0.kind == "retention" })
    #expect(retention.after == ["verify"] && retention.specification["keep"] == nil)
    #expect(try retention.specification.required("sources").strings() == ["*"])
    #expect(host.retention.keep != nil)
    let single = host.trees.filter { !$0.eachChild }.map(\.source.description) + host.streams.map(\.source.description)
    #expect(Set(host.retention.sources.flatMap(\.patterns).map(\.text)).isSubset(of: single))
    // Each week everything is archived but what the nightly run has done already.
    let everything = declared.flatMap { key, names in names.map { "\(key) \($0)" } }
    #expect(Set(everything).subtracting(named) == ["volumes databases"])
  }

  @Test func parsesEveryDocumentedSchedule() throws {
    let blocks = try Self.blocks(marked: "full-schedule")
    #expect(blocks.count == 3)
    for block in blocks {
      _ = try Schedule.parse(text: block, file: "docs/sample.yaml", kinds: knownKinds)
    }
  }

  @Test func parsesTheRulesOfThePageOfRetention() throws {
    let page = try RepositoryFiles.text("docs/retention.md")
    let block = try #require(
      page.split(separator: "```yaml\n").dropFirst().compactMap { $0.split(separator: "```").first }
        .first { $0.hasPrefix("retention:") })
    let rules = try Configuration.parse(text: "repository: {path: /r}\n\(block)", file: "docs/retention.md").retention
    #expect(rules.keep != nil && rules.services.map(\.name) == ["nextcloud"] && rules.sources.count == 2)
  }

  @Test func marksEveryDocumentedYAMLBlockAsAFullSample() throws {
    let fences = try RepositoryFiles.text("docs/configuration.md").split(separator: "\n").filter {
      $0.hasPrefix("```yaml")
    }
    #expect(Set(fences) == ["```yaml full-configuration", "```yaml full-schedule"])
  }

  @Test func documentsEveryKeyAndDefault() throws {
    let text = try RepositoryFiles.text("docs/configuration.md")
    let keys =
      JobDeclaration.commonKeys.union([
        "repository", "trees", "parameters", "path", "id", "must-be-mounted", "name", "exclude", "one-file-system",
        "each-child", "exclude-children", "timer", "resources", "jobs", "on-calendar", "persistent", "randomized-delay",
        "command", "file", "environment", "may-be-empty", "budget", "before", "finally", "textfile", "pushgateway",
        "url", "job", "header-file", "on", "webhook", "ntfy", "priority", "tags", "mail", "to", "from", "ping", "roots",
        "read-rate", "write-rate", "io-pressure", "threads", "group", "pool", "match", "namespaces", "minimum-size",
        "maximum-size", "mode", "block-size", "audit", "compare-in-full", "together", "freeze", "luks", "data",
        "metadata", "driver", "timeout", "sources", "order", "objectives", "keep-undo",
        "keep", "services",
      ]).union(Configuration.keys)
    for key in keys { #expect(text.contains("`\(key)`"), "\(key)") }
    let configuration = Configuration(repository: RepositoryDeclaration(path: "/r"))
    let defaults = configuration.effectiveYAML().split(separator: "\n").drop { $0 != "parameters:" }
      .prefix { $0 != "metrics: {}" }.filter { $0.hasPrefix(" ") }
    #expect(defaults.count == 6)
    for line in defaults {
      let parts = line.split(separator: ":").map { $0.filter { $0 != " " } }
      let row = text.split(separator: "\n").first { $0.hasPrefix("| `\(parts[0])` |") }
      #expect(row?.contains("| `\(parts[1])` |") == true, "\(line)")
    }
  }
}
