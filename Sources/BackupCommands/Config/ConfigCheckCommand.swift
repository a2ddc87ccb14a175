import ArgumentParser
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Checks the configuration.
struct ConfigCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check the configuration: its text, and the places it names.",
    discussion: """
      A mistake in the text is reported with file and line; the first one, since what follows depends on it. Then \
      everything that isn't as the configuration says is reported: paths that are no directories, programs that can't \
      be run, header files that others may read, a repository that isn't there, isn't mounted or is another one. \
      Nothing is written, sent or started. Keep rules for services and sources that aren't there, which may only not have been \
      archived yet, are noted.

      EXAMPLES:
        backupctl config check
        backupctl config check --config ./config.yaml

      \(ExitStatus.help([.ok, .usage]))
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  private struct Report: Encodable {
    let trees: Int
    let streams: Int
    let volumes: Int
    let sources: Int
    let problems: [String]
  }

  func run() throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.requiredConfiguration()
    var failures: [any Failure] = []
    func examine(_ body: () throws -> Void) throws {
      do {
        try body()
      } catch let failure as any Failure {
        failures.append(failure)
      }
    }
    var notes: [String] = []
    try examine {
      notes = try RetentionRules(configuration, in: try repository.open(configuration)).problems.map(\.line)
    }
    var sources = configuration.streams.count
    for tree in configuration.trees {
      try examine { sources += try Self.sources(of: tree) }
    }
    for problem in ConfigurationPlaces(configuration: configuration).problems() { failures.append(problem) }
    if output.json {
      environment.output.line(
        try JSONText.encode(
          Report(
            trees: configuration.trees.count, streams: configuration.streams.count,
            volumes: configuration.volumes.count, sources: sources,
            problems: failures.map(\.message))))
    }
    for failure in failures {
      for line in failure.lines { environment.messages.line(line) }
    }
    for note in notes { environment.messages.line("note: \(note); until then `forget` does nothing") }
    guard failures.isEmpty else { throw ExitWith(status: .usage) }
    if !output.json, !output.quiet {
      environment.output.line(
        "the configuration is right: \(configuration.trees.count) trees, \(configuration.streams.count) streams, "
          + (configuration.volumes.isEmpty ? "" : "\(configuration.volumes.count) selections of volumes, ")
          + "\(sources) sources\(configuration.volumes.isEmpty ? "" : " beside them"), repository \(configuration.repository.path)"
      )
    }
  }

  /// How many sources a tree has now.
  private static func sources(of tree: TreeDeclaration) throws -> Int {
    do throws(SystemError) {
      _ = try OpenFile.open(PathBytes(path: tree.path), .directoryFollowing)
    } catch {
      throw CommandError(
        .usage,
        "cannot use the tree `\(tree.name)`: \(tree.path): \(error.isNotDirectory ? "it is not a directory" : error.reason)",
        cause: error.cause,
        hint: error.isMissing
          ? "correct `path`, or mount the file system that holds it: `findmnt --target \(tree.path)`" : nil)
    }
    return try TreeSource.expand(tree).count
  }
}
