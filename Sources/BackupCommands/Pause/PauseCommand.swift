import ArgumentParser
import BackupCatalog
import BackupModel
import BackupPolicy
import HostSystem

/// Keeps timers from starting runs for a time.
struct PauseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Keep timers from starting runs for a time, for maintenance.",
    discussion: """
      Runs that go on are not stopped. A pause ends by itself, so that it can't be forgotten; it shows in `status` and in \
      the metrics. Pausing again replaces the pause that is in force.

      EXAMPLES:
        backupctl pause --for 2h --because "the pool is being repaired"
        backupctl unpause

      \(ExitStatus.help([.ok, .failed, .usage]))
      """)

  @Option(name: .customLong("for"), help: ArgumentHelp("How long: 30m, 2h, 3d; at most 30d.", valueName: "duration"))
  var length: String

  @Option(name: .customLong("because"), help: ArgumentHelp("Why, for whoever finds it.", valueName: "reason"))
  var reason: String

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  private static let longest = Duration.seconds(30 * 86_400)

  func run() throws {
    let environment = CommandEnvironment.current
    guard let duration = Duration(parsing: length), duration > .zero, duration <= Self.longest else {
      throw CommandError(
        .usage, "cannot pause for '\(length)': it is no length of time up to 30d", hint: "write `--for 2h`")
    }
    guard !reason.allSatisfy(\.isWhitespace) else {
      throw CommandError(
        .usage, "cannot pause without a reason", hint: "write `--because \"…\"` for whoever finds it at night")
    }
    let catalog = try state.openCatalog(try repository.configuration())
    let until = environment.clock.now().adding(seconds: duration.components.seconds)
    let pause = try catalog.pauses.pause(until: until, because: reason, by: Self.who(environment))
    if output.json {
      environment.output.line(try JSONText.encode(PauseDocument(pause)))
    } else if !output.quiet {
      environment.output.line(PauseText.line(pause))
    }
  }

  /// Who pauses: the person behind `sudo`, if there is one.
  private static func who(_ environment: CommandEnvironment) -> String {
    for name in ["SUDO_USER", "LOGNAME", "USER"] {
      if let user = environment.variables[name], !user.isEmpty { return user }
    }
    return "process \(environment.processID)"
  }
}
