import BackupEngine
import BackupModel
import BackupRepository
import HostSystem
import JobEngine

/// Warns, before the tasks of a job begin, if what they will probably add doesn't fit on the disk of the repository.
struct RoomWatch: RunObserver {
  let repository: Repository
  /// The jobs whose tasks make points.
  let jobs: Set<String>
  let environment: CommandEnvironment

  func record(_ events: [RunEvent<SourceID>], at elapsed: Duration) async throws {
    for case .jobExpanded(let job, let tasks) in events where jobs.contains(job) {
      for line in Self.warnings(tasks.map(\.subject), in: repository) {
        environment.messages.line("[\(DurationText.of(seconds: elapsed.inSeconds))] \(job): \(line)")
      }
    }
  }

  /// What to tell before points of some sources are made.
  static func warnings(_ sources: [SourceID], in repository: Repository) -> [String] {
    do {
      return try RoomForecast(sources, in: repository)?.warnings.map { "warning: \($0)" } ?? []
    } catch {
      // Whatever is wrong with the repository the archive itself reports.
      return ["warning: it isn't known whether there is room for the points: \(error)"]
    }
  }
}
