import ArgumentParser
import BackupEngine
import BackupRepository
import HostSystem

/// Lists what is in a point.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List what is in a point.",
    discussion: """
      The path is relative to the source's root, or absolute as the file was called when it was archived; bytes that \
      aren't UTF-8 are shown, and may be typed, as \\xHH. Of a directory its content is listed, of anything else the \
      entry itself. In long lines `-> target` is a symbolic link, `= path` a further name of the same file. \
      Times are in UTC.

      EXAMPLES:
        backupctl ls etc
        backupctl ls etc@yesterday ssh -l
        backupctl ls etc / --recursive --json

      \(ExitStatus.help([.ok, .failed, .noRepository, .formatTooNew, .damaged, .usage]))
      """)

  @Argument(help: ArgumentHelp("The source, and which of its points.", valueName: "name[@time]"))
  var name: String

  @Argument(help: ArgumentHelp("What to list.", valueName: "path"))
  var path: String = "."

  @Flag(name: [.short, .long], help: "One line for each entry: mode, owner, group, size, time, name.")
  var long = false

  @Flag(name: [.customShort("R"), .long], help: "List everything below, not only one level.")
  var recursive = false

  @OptionGroup var point: PointOptions
  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let selection = try PointSelection(name, at: point.at, in: try repository.open())
    let reader = try IndexReader(
      root: selection.point.index, chunks: try selection.store.chunkReader(keepsTables: recursive))
    let cancellation = CommandEnvironment.current.cancellation
    var printer = EntryPrinter(output.json ? .json : long ? .long : .name)
    // What was found before damage is shown before the error.
    defer { printer.finish() }
    let start = try EntryLookup(reader, in: selection.point).entry(path)
    guard start.kind == .directory else {
      _ = try printer.print(start)
      return
    }
    if recursive {
      try reader.forEachEntry(below: start.path) { entry in
        try cancellation.check()
        return try entry.path == start.path || printer.print(entry)
      }
    } else {
      let prefix = isRootPath(start.path[...]) ? 0 : start.path.count + 1
      try EntryListing(reader).forEachChild(of: start.path) { entry in
        try cancellation.check()
        return try printer.print(entry, name: Array(entry.path[prefix...]))
      }
    }
  }
}
