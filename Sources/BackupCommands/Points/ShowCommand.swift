import ArgumentParser
import BackupModel
import BackupRepository

/// Shows everything that is known about one point.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show everything that is known about one point.",
    discussion: """
      Times, host, where the source was read, what was found, read and stored, all warnings. \
      With --json, the point's document as docs/format.md describes it.

      EXAMPLES:
        backupctl show etc
        backupctl show etc@20261122T05
        backupctl show nfs/immich --at '2 days ago' --json

      \(ExitStatus.help([.ok, .failed, .noRepository, .formatTooNew, .damaged, .usage]))
      """)

  @Argument(help: ArgumentHelp("The source, and which of its points.", valueName: "name[@time]"))
  var name: String

  @OptionGroup var point: PointOptions
  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let environment = CommandEnvironment.current
    let selection = try PointSelection(name, at: point.at, in: try repository.open())
    if output.json { return environment.output.line(try JSONText.encode(selection.point)) }
    let loss = try selection.store.partial(selection.point.id)
    for line in Self.lines(selection.point, loss, now: environment.clock.now()) { environment.output.line(line) }
  }

  /// The description for people.
  ///
  /// - Parameter loss: what is lost of it.
  static func lines(_ point: RecoveryPoint, _ loss: PartialPoint?, now: Timestamp) -> [String] {
    let statistics = point.statistics
    let seconds = point.ended.secondsSince(point.begun)
    var fields: [(String, String)] = [
      ("point", "\(point.source.typedName)@\(point.id)"),
      ("state", PointState(point, isPartial: loss != nil).rawValue),
      ("begun", "\(point.begun) (\(AgeText.of(point.begun, now: now)))"),
      ("ended", "\(point.ended) (after \(DurationText.of(seconds: seconds)))"),
      ("host", point.host),
      ("tool", "\(point.tool), format \(point.format)"),
      ("repository", point.repository),
    ]
    if let origin = point.origin {
      fields.append(("origin", origin.path))
      if origin.resolvedPath != origin.path { fields.append(("resolved", origin.resolvedPath)) }
    }
    let others = statistics.entries - statistics.files - statistics.directories
    fields += [
      ("consistency", consistency(point.consistency)),
      (
        "entries",
        "\(statistics.entries) (\(statistics.files) files, \(statistics.directories) directories, \(others) others)"
      ),
      ("bytes", "\(ByteCount(statistics.bytes)) (\(statistics.bytes))"),
      ("read", "\(ByteCount(statistics.readBytes)) in \(statistics.filesRead) files"),
      ("new", "\(ByteCount(statistics.newBytes)) in \(statistics.newChunks) chunks"),
      ("stored", "\(ByteCount(statistics.storedBytes)) (\(statistics.storedBytes))"),
      ("index", "\(point.index.root), level \(point.index.level)"),
    ]
    fields += point.suspicious.map { ("suspicious", $0) }
    let width = fields.map(\.0.count).max() ?? 0
    var lines = fields.map { name, value in
      name + String(repeating: " ", count: width + 2 - name.count) + value
    }
    if let loss {
      lines.append("lost (\(loss.summary), found at \(loss.at)):")
      lines += loss.paths.map { "  \($0)" } + loss.lostParts.map { "  part of the index: \($0)" }
      if loss.entryCount > loss.paths.count { lines.append("  and \(loss.entryCount - loss.paths.count) more") }
    }
    if point.warningCount > 0 {
      lines.append("warnings (\(point.warningCount)):")
      lines += point.warnings.map { "  \($0.path): \($0.problem)" }
      let unlisted = point.warningCount - point.warnings.count
      if unlisted > 0 { lines.append("  and \(unlisted) more, which the point doesn't list") }
    }
    return lines
  }

  private static func consistency(_ consistency: RecoveryPoint.Consistency) -> String {
    switch consistency {
    case .live: "live: read in place while programs may have written"
    case .crash: "crash: as after a power cut at one instant"
    case .journal: "journal: after the file system replayed its journal"
    case .hook: "hook: while a hook held the application still"
    }
  }
}
