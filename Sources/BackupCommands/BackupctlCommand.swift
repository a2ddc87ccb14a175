public import ArgumentParser
import BackupModel
import HostSystem

/// The program: its subcommands, and what becomes of their errors.
public struct BackupctlCommand: AsyncParsableCommand {
  /// The root command.
  public static let configuration = CommandConfiguration(
    commandName: "backupctl",
    abstract: "Archive trees, volumes and streams into a repository of ordinary tar.zst packs, and get them back.",
    discussion: """
      EXAMPLES:
        backupctl init /mnt/backup/backupctl
        export BACKUPCTL_REPOSITORY=/mnt/backup/backupctl
        backupctl archive /etc
        backupctl points
        backupctl restore etc --to /tmp/etc --path ssh/sshd_config

      \(ExitStatus.help(ExitStatus.allCases))
        128+N ended by signal N
      """,
    version: toolVersion,
    subcommands: [
      InitCommand.self, ArchiveCommand.self, PointsCommand.self, ShowCommand.self, ListCommand.self, FindCommand.self,
      CatCommand.self, DiffCommand.self, RestoreCommand.self, CheckCommand.self, VerifyCommand.self, RepairCommand.self,
      DrillCommand.self, DrillsCommand.self, RunCommand.self,
      PlanCommand.self, RunsCommand.self, StatusCommand.self, CoverageCommand.self, HistoryCommand.self,
      UsageCommand.self, ForgetCommand.self, PruneCommand.self, HoldCommand.self, ReleaseCommand.self,
      RetentionCommand.self,
      PauseCommand.self, UnpauseCommand.self, ServicesCommand.self, VolumesCommand.self, SnapshotsCommand.self,
      ConfigCommand.self, TimersCommand.self,
    ])

  /// Makes the root command.
  public init() {}

  /// Runs a command line.
  ///
  /// - Returns: the exit code. Everything was written and flushed.
  public static func run(_ arguments: [String], _ environment: CommandEnvironment) async -> Int32 {
    let code = await CommandEnvironment.$current.withValue(environment) { await execute(arguments) }
    environment.output.flush()
    environment.messages.flush()
    return code
  }

  private static func execute(_ arguments: [String]) async -> Int32 {
    let environment = CommandEnvironment.current
    do {
      var command = try parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      return ExitStatus.ok.rawValue
    } catch let exit as ExitWith {
      return exit.status.rawValue
    } catch let failure as any Failure {
      for line in failure.lines { environment.messages.line(line) }
      return ExitStatus(failure.category).rawValue
    } catch is CancellationError {
      environment.messages.line(
        "interrupted: nothing that was listed before is changed; run the same command again to go on")
      return ExitStatus.failed.rawValue
    } catch {
      let code = exitCode(for: error)
      let text = HelpText.arranged(fullMessage(for: error, columns: environment.output.columns))
      if !text.isEmpty { (code == .success ? environment.output : environment.messages).line(text) }
      return code.rawValue
    }
  }
}
