import BackupModel
import HostSystem

/// Has SQLite examine each of its files: pages, order of keys, indexes against tables.
///
/// A database whose last transactions are in its log (`-wal`) or whose last one was cut off (`-journal`) is recovered first, as it would be
/// by the first program that opens it.
struct SQLiteProbe: Probe {
  let timeLimit: Duration

  private static let mostLines = 3
  /// What a database may need of the program that made it: then it can't be examined, and nothing is said of it.
  private static let strange = [
    "no such collation sequence", "no such function", "no such module", "unable to use function",
    "unsupported file format",
  ]

  func run(on data: RestoredData) async throws -> ProbeReport {
    var report = ProbeReport()
    for path in data.recognized.databases {
      report.items += 1
      guard let file = data.argument(path) else {
        report.missName(path)
        continue
      }
      do {
        let result = try await data.isolation.run(
          [
            "sqlite3", "-batch", "-init", "/dev/null", file,
            "PRAGMA trusted_schema = OFF; PRAGMA integrity_check(\(Self.mostLines));",
          ], limit: timeLimit)
        judge(result, path, &report)
      } catch let obstacle as Isolation.Obstacle {
        report.miss(path, obstacle)
        // Without the program there is no use in asking for it again.
        if obstacle.isToolMissing {
          report.items = data.recognized.databases.count
          break
        }
      }
    }
    return report
  }

  private func judge(_ result: ChildResult, _ path: PathBytes, _ report: inout ProbeReport) {
    let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n").map(String.init)
    if result.isSuccess, lines == ["ok"] { return }
    let said = result.lastWords.last ?? "sqlite3 \(result.end)"
    if lines.isEmpty, Self.strange.contains(where: said.contains) {
      report.miss(path, "sqlite3 can't examine it: \(said)")
      return
    }
    let problems = lines.filter { !$0.hasPrefix("*** in database") && $0 != "ok" }.prefix(Self.mostLines)
    report.find(path, "SQLite: " + (problems.isEmpty ? said : problems.joined(separator: "; ")))
  }
}
