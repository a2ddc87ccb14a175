import BackupModel
import HostSystem
import JobEngine

/// What `run` prints at its end.
struct RunReport: Encodable {
  struct Task: Encodable {
    let source: String
    let state: String
    let attempts: Int
    let seconds: Double
    let message: String
    let details: [String]
    let results: [String: String]
  }

  struct Job: Encodable {
    let name: String
    let state: String
    let message: String
    let tasks: [Task]
  }

  let schedule: String
  let run: String
  let result: String
  let seconds: Double
  let jobs: [Job]

  init(schedule: String, run: String, _ summary: RunSummary<SourceID>) {
    self.schedule = schedule
    self.run = run
    result = summary.result.rawValue
    seconds = summary.duration.inSeconds
    jobs = summary.jobs.map { job in
      Job(
        name: job.name, state: Self.text(job.state), message: job.message,
        tasks: job.tasks.map { task in
          Task(
            source: task.id.subject.description, state: Self.text(task.state), attempts: task.attempts,
            seconds: task.duration.inSeconds, message: task.message, details: task.details, results: task.results)
        })
    }
  }

  private static func text(_ state: JobState) -> String {
    if case .skipped(let reason) = state { return "skipped: \(reason)" }
    return state.word
  }

  private static func text(_ state: TaskState) -> String {
    if case .skipped(let reason) = state { return "skipped: \(reason)" }
    return state.word
  }

  /// Prints a table with a line for each task, or JSON; details of what isn't well go to standard error.
  func print(_ options: OutputOptions) throws {
    let environment = CommandEnvironment.current
    for job in jobs {
      for task in job.tasks where task.state != "succeeded" {
        for detail in task.details { environment.messages.line("\(job.name) \(task.source): \(detail)") }
      }
    }
    if options.json {
      environment.output.line(try JSONText.encode(self))
      return
    }
    guard !options.quiet || result != "ok" else { return }
    var table = TextTable([
      ("JOB", .left), ("SOURCE", .left), ("STATE", .left), ("TIME", .right), ("RESULT", .left),
    ])
    for job in jobs {
      if job.tasks.isEmpty { table.add([job.name, "-", job.state, "-", job.message]) }
      for task in job.tasks {
        table.add([job.name, task.source, task.state, DurationText.of(seconds: task.seconds), task.message])
      }
    }
    for line in table.lines { environment.output.line(line) }
    environment.output.line("run \(run) of \(schedule): \(result) in \(DurationText.of(seconds: seconds))")
  }
}
