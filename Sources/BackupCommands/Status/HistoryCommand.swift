import ArgumentParser
import BackupCatalog
import BackupEngine
import BackupModel
import BackupRepository
import HostSystem

/// Shows all that happened to a source: points, attempts, verifications, drills.
struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Show all that happened to a source: points, runs, verifications, drills.",
    discussion: """
      Points, verifications and drills come from the repository, tasks from the journal of runs; the latest comes first.

      EXAMPLES:
        backupctl history nfs/immich
        backupctl history nfs/immich --limit 5 --json

      \(ExitStatus.help([.ok, .failed, .noRepository, .usage]))
      """)

  @Argument(help: ArgumentHelp("The source.", valueName: "name"))
  var source: String

  @Option(help: ArgumentHelp("How many lines at most.", valueName: "n"))
  var limit = 50

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  private struct Happening: Encodable {
    let time: Timestamp
    let what: String
    let result: String
    let detail: String
    let run: String?
  }

  func run() throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.configuration()
    let opened = try repository.open(configuration)
    let id = try PointSelection.requiredSource(named: source, in: opened)
    var happenings = try Self.stored(opened.store(id))
    if let catalog = try state.readCatalog(configuration) {
      happenings += try catalog.runs.tasks(onSubject: id.description, limit: max(1, limit)).map { task in
        let state =
          task.state.isFinal ? task.state : try task.state.within(catalog.runs.find("\(task.run)").effectiveState)
        return Happening(
          time: task.ended ?? task.begun ?? task.run.begun, what: "task \(task.name.job)",
          result: state.rawValue, detail: task.message, run: task.run.description)
      }
    }
    happenings.sort { $0.time > $1.time }
    happenings = Array(happenings.prefix(max(1, limit)))
    if output.json {
      environment.output.line(try JSONText.encode(happenings))
      return
    }
    var table = TextTable([("TIME", .left), ("WHAT", .left), ("RESULT", .left), ("", .left)])
    for item in happenings { table.add([item.time.description, item.what, item.result, item.detail]) }
    for line in table.lines { environment.output.line(line) }
  }

  private static func stored(_ store: SourceStore) throws -> [Happening] {
    var happenings: [Happening] = []
    for id in try store.pointIDs() {
      do {
        guard let point = try store.pointIfThere(id) else { continue }
        happenings.append(
          Happening(
            time: point.ended, what: "point \(id)",
            result: point.suspicious.isEmpty ? point.state.rawValue : "suspicious",
            detail: "\(point.statistics.entries) entries, \(ByteCount(point.statistics.bytes)), "
              + "stored \(ByteCount(point.statistics.storedBytes))", run: nil))
      } catch {
        happenings.append(
          Happening(time: id.begun, what: "point \(id)", result: "damaged", detail: "\(error)", run: nil))
      }
    }
    happenings += try store.attestations.read().attestations.map { attestation in
      Happening(
        time: attestation.at, what: attestation.action.rawValue, result: attestation.result.rawValue,
        detail: attestation.point.map { "point \($0)" } ?? "", run: nil)
    }
    return happenings
  }
}
