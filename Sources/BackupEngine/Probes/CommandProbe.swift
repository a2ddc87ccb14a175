import BackupModel
import HostSystem

/// Has a program of the user's look at what was restored; any end but with code 0 is a finding.
struct CommandProbe: Probe {
  let timeLimit: Duration
  let vector: [String]

  private static let mostLines = 3

  func run(on data: RestoredData) async throws -> ProbeReport {
    var report = ProbeReport()
    report.items = 1
    let root = PathBytes(path: ".")
    let program = vector.first ?? ""
    guard let directory = data.argument(root) else {
      report.missName(root)
      return report
    }
    var environment = [
      "BACKUPCTL_SCRATCH": directory, "BACKUPCTL_SOURCE": data.history.point.source.description,
      "BACKUPCTL_POINT": data.history.point.id.description,
    ]
    environment["BACKUPCTL_IMAGE"] = data.image.flatMap { String(validating: $0.path, as: UTF8.self) }
    do {
      let result = try await data.isolation.run(vector, limit: timeLimit, environment: environment)
      if !result.isSuccess {
        let words = result.lastWords.suffix(Self.mostLines).joined(separator: "; ")
        report.find(root, "\(program) \(result.end)" + (words.isEmpty ? "" : ": \(words)"))
      }
    } catch let obstacle as Isolation.Obstacle {
      report.miss(root, obstacle)
    }
    return report
  }
}
