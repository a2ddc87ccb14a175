import ArgumentParser
import BackupModel
import BackupRepository
import HostSystem

/// Finds entries of a point by their names.
struct FindCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "find", abstract: "Find entries of a point by name, or the points in which they exist.",
    discussion: """
      Patterns are those of .gitignore: without a slash one speaks of the name, with one of the whole path from the \
      source's root; `**/` is any number of directories. An entry is found if the last pattern that matches doesn't \
      begin with `!`. A byte of a name that isn't UTF-8 is shown as \\xHH; `?` matches it.

      A date given to --newer-than stands for its end: `--newer-than 2026-11-21` finds what was changed since midnight.

      EXAMPLES:
        backupctl find etc '*.conf'
        backupctl find nfs/immich '*.jpg' --larger-than 20M --newer-than yesterday -l
        backupctl find etc 'ssh/sshd_config' --all-points

      \(ExitStatus.help([.ok, .failed, .noRepository, .formatTooNew, .damaged, .usage]))
      """)

  @Argument(help: ArgumentHelp("The source, and which of its points.", valueName: "name[@time]"))
  var name: String

  @Argument(help: ArgumentHelp("What to find.", valueName: "pattern"))
  var patterns: [String]

  @Option(help: ArgumentHelp("Only these types: f, d, l, c, b, p, s; several as `fl`.", valueName: "types"))
  var type: String?

  @Option(help: ArgumentHelp("Only files larger than this: 500, 64K, 1.5G.", valueName: "size"))
  var largerThan: String?

  @Option(help: ArgumentHelp("Only what was modified after this time; accepted as with --at.", valueName: "time"))
  var newerThan: String?

  @Flag(help: "Of the whole source: the first and the last point in which each path exists.")
  var allPoints = false

  @Flag(name: [.short, .long], help: "One line for each entry: mode, owner, group, size, time, path.")
  var long = false

  @OptionGroup var point: PointOptions
  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let filter = try EntryFilter(patterns: patterns, types: type, largerThan: largerThan, newerThan: newerThan)
    let opened = try repository.open()
    if allPoints {
      return try listPoints(opened.store(try PointSelection.requiredSource(named: name, in: opened)), filter)
    }
    let selection = try PointSelection(name, at: point.at, in: opened)
    let reader = try IndexReader(
      root: selection.point.index, chunks: try selection.store.chunkReader(keepsTables: true))
    let cancellation = CommandEnvironment.current.cancellation
    var printer = EntryPrinter(output.json ? .json : long ? .long : .name)
    defer { printer.finish() }
    try reader.forEachEntry { entry in
      try cancellation.check()
      return try !filter.matches(entry) || printer.print(entry)
    }
  }

  private func listPoints(_ store: SourceStore, _ filter: EntryFilter) throws {
    let environment = CommandEnvironment.current
    var history = PathHistory(store, filter)
    let unreadable = try history.read(environment.cancellation)
    for error in unreadable { environment.messages.line("warning: \(error)") }
    if output.json {
      for span in history.spans { environment.output.line(try JSONText.line(span)) }
    } else if !history.spans.isEmpty {
      var table = TextTable([("FIRST", .left), ("LAST", .left), ("POINTS", .right), ("PATH", .left)])
      for span in history.spans {
        table.add([span.first.description, span.last.description, String(span.points), span.path])
      }
      for line in table.lines { environment.output.line(line) }
    }
    if !unreadable.isEmpty { throw ExitWith(status: .damaged) }
  }
}
