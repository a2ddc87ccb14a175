import ArgumentParser
import Testing

@testable import BackupCommands

@Suite struct HelpTests {
  /// All commands as they are typed, the program itself first.
  static let commands: [[String]] = [[]] + paths(of: BackupctlCommand.self, under: [])

  private static func paths(of command: any ParsableCommand.Type, under path: [String]) -> [[String]] {
    command.configuration.subcommands.flatMap { child -> [[String]] in
      let here = path + [child.configuration.commandName ?? ""]
      return [here] + paths(of: child, under: here)
    }
  }

  @Test(arguments: commands) func endsWithExamplesAndExitCodes(command: [String]) async throws {
    let result = try await CommandRunner().run(command + ["--help"])
    #expect(result.code == 0)
    let examples = try #require(result.output.range(of: "\nEXAMPLES:\n  backupctl "))
    let codes = try #require(result.output.range(of: "\nEXIT CODES:\n  0     done"))
    let options = try #require(result.output.range(of: "\nOPTIONS:\n"))
    #expect(options.upperBound < examples.lowerBound && examples.upperBound < codes.lowerBound)
    for line in result.output[codes.upperBound...].split(separator: "\n").dropFirst() {
      #expect(line.hasPrefix("  "), "after the exit codes comes nothing else")
    }
  }

  @Test(arguments: commands) func equalsTheGoldenText(command: [String]) async throws {
    let result = try await CommandRunner().run(command + ["--help"])
    let name = (["backupctl"] + command).joined(separator: "-")
    try GoldenText.expect(result.output, equals: "help/\(name)")
  }

  @Test func leavesOtherTextsAsTheyAre() {
    #expect(HelpText.arranged("0.1.0") == "0.1.0")
    #expect(HelpText.arranged("OVERVIEW: x\n\nUSAGE: y") == "OVERVIEW: x\n\nUSAGE: y")
  }
}
