import ArgumentParser
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Where the repository and the configuration are; the same for all commands.
struct RepositoryOptions: ParsableArguments {
  @Option(
    name: [.short, .customLong("repository")],
    help: ArgumentHelp(
      "The repository's directory. Default: $BACKUPCTL_REPOSITORY, then the configuration's.", valueName: "dir"))
  var repository: String?

  @Option(
    help: ArgumentHelp(
      "The configuration. Default: $BACKUPCTL_CONFIG, then /etc/backupctl/config.yaml if it exists.",
      valueName: "file"))
  var config: String?

  private static let defaultConfig = "/etc/backupctl/config.yaml"

  /// Whether the command line or the environment names the repository.
  var isGiven: Bool { repository != nil || variable != nil }

  private var variable: String? {
    CommandEnvironment.current.variables["BACKUPCTL_REPOSITORY"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The configuration, or nil if none is given and the default one doesn't exist.
  ///
  /// - Throws: `PolicyError`; `SystemError` if a given file can't be read.
  func configuration() throws -> Configuration? {
    let environment = CommandEnvironment.current
    let given = config ?? environment.variables["BACKUPCTL_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    let path = given ?? Self.defaultConfig
    let text: String
    do throws(SystemError) {
      text = try readText(path)
    } catch {
      if given == nil, error.isMissing { return nil }
      throw CommandError(
        .usage, "cannot read the configuration \(path): \(error.reason)", cause: error.cause,
        hint: "check the path, or see docs/configuration.md for a first configuration")
    }
    return try Configuration.parse(text: text, file: path)
  }

  /// Opens the repository, after the guards that the configuration asks for.
  ///
  /// Nothing is written before they pass.
  /// - Throws: `RepositoryError` `missing`, `notMounted`, `wrongID`, `formatTooNew`; ``CommandError``.
  func open(_ configuration: Configuration?) throws -> Repository {
    let declaration = configuration?.repository
    if let given = repository ?? variable {
      return try Repository.open(
        Array(given.utf8), protectsFiles: declaration.map { $0.isImmutable && $0.path == given } ?? false)
    }
    guard let declaration else {
      throw CommandError(
        .usage, "cannot tell which repository is meant",
        hint: "give one with `-r DIR`, $BACKUPCTL_REPOSITORY or a configuration; make one with `backupctl init DIR`")
    }
    return try RepositoryGuards.open(declaration)
  }

  /// Opens the repository with the configuration, if there is one.
  func open() throws -> Repository { try open(try configuration()) }
}

/// Reads a text file of the user's.
func readText(_ path: String) throws(SystemError) -> String {
  let file = try OpenFile.open(Array(path.utf8), .readOwn)
  return String(decoding: try file.contents(at: 0, count: Int(min(file.status().size, 16 << 20))), as: UTF8.self)
}
