import ArgumentParser
import BackupCatalog
import BackupEngine
import BackupModel
import BackupPolicy
import HostSystem

/// Where the program keeps its journal and other state; the same for all commands that use it.
struct StateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The state directory. Default: the configuration's, then $STATE_DIRECTORY, then /var/lib/backupctl for root.",
      valueName: "dir"))
  var state: String?

  /// The directory.
  func directory(_ configuration: Configuration?) throws -> String {
    let environment = CommandEnvironment.current
    func variable(_ name: String) -> String? { environment.variables[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let given = state ?? configuration?.stateDirectory { return given }
    // systemd gives a list of the directories that the unit asks for; ours asks for one.
    if let given = variable("STATE_DIRECTORY")?.split(separator: ":").first { return String(given) }
    if ProcessStatus.isRoot { return "/var/lib/backupctl" }
    if let base = variable("XDG_STATE_HOME") { return "\(base)/backupctl" }
    guard let home = variable("HOME") else {
      throw CommandError(
        .usage, "cannot tell where to keep the journal of runs: there is no $HOME",
        hint: "give a directory with `--state DIR`")
    }
    return "\(home)/.local/state/backupctl"
  }

  /// Opens the catalog, making it if it isn't there; says so on standard error if a damaged one was moved aside.
  func openCatalog(_ configuration: Configuration?) throws -> Catalog {
    let environment = CommandEnvironment.current
    let catalog = try Catalog.open(directory: try directory(configuration), clock: environment.clock)
    if let note = catalog.note { environment.messages.line("warning: \(note)") }
    return catalog
  }

  /// Opens the catalog for reading; nil if there is none yet.
  func readCatalog(_ configuration: Configuration?) throws -> Catalog? {
    try Catalog.openForReading(directory: try directory(configuration), clock: CommandEnvironment.current.clock)
  }
}
