// How much the engine with its journal adds to the tasks themselves: a graph of tasks that do nothing.
//
//   swift run -c release overhead [TASKS] [DIRECTORY]
//
// The journal is written to the directory (default /var/tmp), each commit awaited, as in real runs.
import BackupCatalog
import BackupEngine
import BackupModel
import Glibc
import HostSystem
import JobEngine

struct NothingToDo: JobBody {
  let count: Int

  func expand(_ inputs: [JobInput<SourceID>]) async throws -> [PlannedTask<SourceID>] {
    (0..<count).compactMap { SourceID(kind: .tree, name: "t\($0)") }.map { PlannedTask($0) }
  }

  func run(_ task: PlannedTask<SourceID>, _ context: TaskContext<SourceID>) async throws -> TaskOutcome { .succeeded }
}

/// The most memory that the process had, in KiB.
func peakMemory() -> Int {
  var usage = rusage()
  getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss
}

let tasks = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 5000
let base = CommandLine.arguments.count > 2 ? CommandLine.arguments[2] : "/var/tmp"
let clock = SystemClock()
print("| tasks | at once | seconds | steps recorded | peak MiB |\n|---:|---:|---:|---:|---:|")
for capacity in [2, 8, 64] {
  let directory = "\(base)/backupctl-overhead-\(getpid())-\(capacity)"
  let catalog = try Catalog.open(directory: directory, clock: clock)
  let graph = try JobGraph(jobs: [JobNode("nothing", resources: ["r"])], capacities: ["r": capacity])
  let request = RecordedRun.Request(
    schedule: "nothing", file: "nothing.yaml",
    run: ScheduleRun(graph: graph, bodies: ["nothing": NothingToDo(count: tasks)]), repositoryID: "", host: "",
    tool: "overhead", holder: "", process: ProcessIdentity(pid: getpid(), startTicks: 0, bootID: ""))
  let begun = clock.elapsed()
  let (summary, record) = try await RecordedRun(request, in: catalog, clock: clock)
    .run(observers: [], control: RunControl())
  let seconds = (clock.elapsed() - begun).inSeconds
  guard summary.result == .ok, summary.tasks.count == tasks else {
    print("error: cannot measure: the run of \(tasks) tasks ended as \(summary.result) with \(summary.tasks.count)")
    exit(1)
  }
  let steps = try catalog.runs.steps(of: record.id).count
  print("| \(tasks) | \(capacity) | \((seconds * 100).rounded() / 100) | \(steps) | \(peakMemory() / 1024) |")
  try catalog.close()
  let parent = try OpenFile.open(PathBytes(path: base), .directoryFollowing)
  let name = Array("backupctl-overhead-\(getpid())-\(capacity)".utf8)
  try parent.open(name, .directory).removeContents()
  try parent.removeDirectory(name)
}
