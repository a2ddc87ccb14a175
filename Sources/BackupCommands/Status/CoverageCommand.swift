import ArgumentParser
import BackupEngine
import BackupModel
import HostSystem

/// Shows what exists and what protects it.
struct CoverageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coverage", abstract: "Show what exists, and which source protects it or why it needs none.",
    discussion: """
      Looked at are the directories directly below the roots of the configuration's `coverage`, and below trees whose \
      children are sources of their own. What is neither protected nor excluded with a reason is uncovered, and the \
      command ends with 3.

      EXAMPLES:
        backupctl coverage
        backupctl coverage --uncovered

      \(ExitStatus.help([.ok, .degraded, .usage]))
      """)

  @Flag(help: "Only what nothing protects.")
  var uncovered = false

  @OptionGroup var survey: SurveyOptions
  @OptionGroup var output: OutputOptions

  private struct Item: Encodable {
    let path: String
    let state: String
    let source: String?
    let reason: String?

    init(_ item: CoverageSurvey.Item) {
      path = item.path
      switch item.protection {
      case .protected(let id): (state, source, reason) = ("protected", id.description, nil)
      case .excluded(let why): (state, source, reason) = ("excluded", nil, why)
      case .uncovered: (state, source, reason) = ("uncovered", nil, nil)
      }
    }
  }

  func run() throws {
    let environment = CommandEnvironment.current
    let coverage = CoverageSurvey(try survey.configuration())
    for problem in coverage.problems { environment.messages.line("warning: \(problem)") }
    let items = coverage.items.map(Item.init).filter { !uncovered || $0.state == "uncovered" }
    if output.json {
      environment.output.line(try JSONText.encode(items))
    } else {
      var table = TextTable([("PATH", .left), ("STATE", .left), ("BY", .left)])
      for item in items { table.add([item.path, item.state, item.source ?? item.reason ?? "-"]) }
      for line in table.lines { environment.output.line(line) }
    }
    guard coverage.uncovered.isEmpty else {
      if !output.json {
        environment.messages.line(
          "\(coverage.uncovered.count) uncovered: declare a tree, or exclude it with a reason under `coverage: exclude:`"
        )
      }
      throw ExitWith(status: .degraded)
    }
  }
}
