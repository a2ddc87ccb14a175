import ArgumentParser
import BackupEngine
import BackupModel
import BackupRepository

/// Lists sources, or the points of one.
struct PointsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "points", abstract: "List the sources of a repository, or the points of a source or service.",
    discussion: """
      Without a name: a line for each source, with its newest point. With one: a line for each point, oldest first, of \
      a service or several sources under the name of each. \
      BYTES is what the files hold, NEW what the source's packs didn't hold yet, STORED what was written for it. \
      A point that can't be read is listed as damaged.

      EXAMPLES:
        backupctl points
        backupctl points etc
        backupctl points immich          # all sources of the service immich
        backupctl points nfs/immich --json

      \(ExitStatus.help([.ok, .failed, .noRepository, .formatTooNew, .damaged, .usage]))
      """)

  @Argument(help: ArgumentHelp("The name of a source or service.", valueName: "name"))
  var name: String?

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let configuration = try repository.configuration()
    let opened = try repository.open(configuration)
    if let name {
      let sources = try SourceArguments.sources([name], in: opened) { try ServiceSurvey(configuration, in: opened) }
      let rows = try sources.map(opened.store).flatMap { store in
        let partial = try store.partialPoints()
        return try store.pointIDs().compactMap { id -> PointRow? in
          do {
            return PointRow(id, try Self.readable(id, of: store), isPartial: partial.contains(id), of: store.source)
          } catch let error as RepositoryError where error.code == .noSuchPoint {
            // It was forgotten since it was listed.
            return nil
          }
        }
      }
      try list(rows, \.state) { rows, now in
        guard sources.count > 1 else { return PointRow.lines(rows, now: now) }
        return Array(
          sources.map { source in
            [source.typedName] + PointRow.lines(rows.filter { $0.source == source }, now: now)
          }.joined(separator: [""]))
      }
    } else {
      let rows = try opened.sources().map { try SourceRow(opened.store($0), point: Self.readable) }
      if rows.isEmpty, !output.quiet {
        CommandEnvironment.current.messages.line(
          "the repository has no sources yet: make a point with `backupctl archive`")
      }
      try list(rows, \.state, SourceRow.lines)
    }
  }

  /// The point, or nil and a warning if it is damaged.
  private static func readable(_ id: RecoveryPointID, of store: SourceStore) throws -> RecoveryPoint? {
    do {
      return try store.point(id)
    } catch let error as RepositoryError where error.code == .damaged {
      let cause = error.cause.map { " (\($0))" } ?? ""
      CommandEnvironment.current.messages.line("warning: \(error.message)\(cause)")
      return nil
    }
  }

  private func list<Row: Encodable>(
    _ rows: [Row], _ state: KeyPath<Row, PointState?>, _ lines: ([Row], Timestamp) -> [String]
  ) throws {
    let environment = CommandEnvironment.current
    if output.json {
      environment.output.line(try JSONText.encode(rows))
    } else {
      for line in lines(rows, environment.clock.now()) { environment.output.line(line) }
    }
    if rows.contains(where: { $0[keyPath: state] == .damaged }) { throw ExitWith(status: .damaged) }
  }
}
