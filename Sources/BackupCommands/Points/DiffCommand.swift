import ArgumentParser
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Compares two points, or a point with a directory as it is now.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Compare two points, or a point with a directory as it is now.",
    discussion: """
      With one argument, the point is compared with the directory that it was made of. A second argument that begins \
      with `/` or `.` is a directory, any other a point. Lines: `+` only in the second, `-` only in the first, `M` in \
      both but different in what stands in parentheses, `T` another type. Of a directory, files of the same size and \
      mtime are taken to be the same, others are read and hashed; what the configuration excludes is left out.

      EXAMPLES:
        backupctl diff etc
        backupctl diff etc@yesterday etc@latest --stat
        backupctl diff nfs/immich@20261101 /srv/nfs/immich --exclude '*.tmp' --exit-code

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .formatTooNew, .damaged, .usage]))
        With --exit-code, 1 also means that there are differences.
      """)

  @Argument(help: ArgumentHelp("The source, and which of its points.", valueName: "name[@time]"))
  var name: String

  @Argument(help: ArgumentHelp("The other point, or a directory.", valueName: "other"))
  var other: String?

  @Option(help: ArgumentHelp("Leave out of the directory what matches, as in .gitignore.", valueName: "pattern"))
  var exclude: [String] = []

  @Flag(help: "Print only how many entries and bytes were added, removed and changed.")
  var stat = false

  @Flag(help: "Exit with 1 if there are differences.")
  var exitCode = false

  @OptionGroup var point: PointOptions
  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.configuration()
    let opened = try repository.open(configuration)
    let old = try PointSelection(name, at: point.at, in: opened)
    var printer = ChangePrinter(output, isTotalOnly: stat)
    func print(_ change: EntryChange) throws -> Bool {
      try environment.cancellation.check()
      return try printer.print(change)
    }
    var problems: [RecoveryPoint.Warning] = []
    if let other, !Self.isDirectory(other) {
      let new = try PointSelection(other, in: opened)
      var difference = try PointDifference(from: (old.store, old.point), to: (new.store, new.point))
      try difference.forEachChange(print)
    } else {
      let difference = try LiveDifference(
        from: (old.store, old.point), to: try source(old, configuration), repository: opened,
        cancellation: environment.cancellation)
      try difference.forEachChange(print)
      problems = difference.problems
    }
    try printer.finish()
    for problem in problems { environment.messages.line("warning: \(problem.path): \(problem.problem)") }
    if exitCode, printer.totals.changes > 0 { throw ExitWith(status: .failed) }
    if !problems.isEmpty { throw ExitWith(status: .degraded) }
  }

  private static func isDirectory(_ text: String) -> Bool { text.hasPrefix("/") || text.hasPrefix(".") }

  /// The directory to compare with, with the rules of the configured tree if it is one.
  private func source(_ old: PointSelection, _ configuration: Configuration?) throws -> TreeSource {
    let path: String
    if let other {
      path = other
    } else if let origin = old.point.origin {
      // A relative one was relative to the current directory of that time.
      path = origin.path.hasPrefix("/") ? origin.path : origin.resolvedPath
    } else {
      throw CommandError(
        .usage, "cannot tell what to compare \(name) with: its point names no directory",
        hint: "give a second point or a directory")
    }
    var patterns = exclude
    var source = TreeSource(source: old.store.source, path: PathBytes(path: path), excludes: try ExcludePatterns([]))
    let declared = old.store.source.name
    for tree in configuration?.trees ?? [] where declared == tree.name || declared.hasPrefix("\(tree.name)/") {
      if tree.eachChild == (declared == tree.name) { continue }
      patterns = tree.exclusions.map(\.pattern) + exclude
      source.staysOnFileSystem = tree.staysOnOneFileSystem
      source.isLooseFiles = declared == "\(tree.name)/\(TreeDeclaration.looseFilesName)"
    }
    source.excludes = try ExcludePatterns(patterns)
    return source
  }
}
