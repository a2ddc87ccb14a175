import ArgumentParser
import BackupCatalog
import BackupEngine
import BackupModel
import HostSystem

/// Shows one run whole.
struct RunsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a run: its jobs, its tasks, and with --steps what happened in order.",
    discussion: """
      EXAMPLES:
        backupctl runs show weekly
        backupctl runs show weekly-20261122T050000Z --steps

      \(ExitStatus.help([.ok, .failed, .usage]))
      """)

  @Argument(
    help: ArgumentHelp(
      "The run's id or its beginning; a schedule's name stands for its latest run.", valueName: "run"))
  var name: String

  @Flag(help: "Also list every step in its order.")
  var steps = false

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  private struct Document: Encodable {
    struct Task: Encodable {
      let source: String
      let state: String
      let attempts: Int
      let begun: Timestamp?
      let ended: Timestamp?
      let seconds: Double?
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
    struct Step: Encodable {
      let seconds: Double
      let kind: String
      let text: String
    }
    let run: RunDocument
    let jobs: [Job]
    let steps: [Step]?
  }

  func run() throws {
    let environment = CommandEnvironment.current
    guard let catalog = try state.readCatalog(try repository.configuration()) else {
      throw CommandError(.usage, "cannot find run `\(name)`: there was no run yet")
    }
    let record = try catalog.runs.find(name)
    let jobs = try catalog.runs.jobs(of: record.id)
    let steps = steps ? try catalog.runs.steps(of: record.id) : nil
    if output.json {
      environment.output.line(try JSONText.encode(document(record, jobs, steps)))
    } else {
      show(record, jobs, steps, environment)
    }
  }

  private func document(_ run: RunRecord, _ jobs: [JobRecord], _ steps: [StepRecord]?) -> Document {
    let state = run.effectiveState
    return Document(
      run: RunDocument(run),
      jobs: jobs.map { job in
        Document.Job(
          name: job.name, state: job.state.within(state).rawValue, message: job.message,
          tasks: job.tasks.map { task in
            Document.Task(
              source: task.name.subject, state: task.state.within(state).rawValue, attempts: task.attempts,
              begun: task.begun, ended: task.ended, seconds: task.duration?.inSeconds, message: task.message,
              details: task.details, results: task.results)
          })
      },
      steps: steps?.map {
        Document.Step(seconds: $0.elapsed.inSeconds, kind: $0.kind.rawValue, text: $0.summary)
      })
  }

  private func show(
    _ run: RunRecord, _ jobs: [JobRecord], _ steps: [StepRecord]?, _ environment: CommandEnvironment
  ) {
    var lines = [
      "run \(run.id) of \(run.schedule) (\(run.scheduleFile))",
      "  begun    \(run.begun) by process \(run.process.pid) on \(run.host), \(run.tool)",
      "  ended    \(run.ended.map { "\($0), after \(RunText.duration(run))" } ?? "-")",
      "  state    \(RunText.state(run))\(run.message.isEmpty ? "" : ": \(run.message)")",
    ]
    if let resumed = run.resumedFrom { lines.append("  goes on  with \(resumed)") }
    for line in lines { environment.output.line(line) }
    var table = TextTable([
      ("JOB", .left), ("SOURCE", .left), ("STATE", .left), ("TIME", .right), ("RESULT", .left),
    ])
    let state = run.effectiveState
    for job in jobs {
      if job.tasks.isEmpty { table.add([job.name, "-", job.state.within(state).rawValue, "-", job.message]) }
      for task in job.tasks {
        table.add([
          job.name, task.name.subject, task.state.within(state).rawValue,
          task.duration.map { DurationText.of(seconds: $0.inSeconds) } ?? "-", task.message,
        ])
      }
    }
    environment.output.line("")
    for line in table.lines { environment.output.line(line) }
    guard let steps else { return }
    environment.output.line("")
    for step in steps {
      environment.output.line("[\(DurationText.of(seconds: step.elapsed.inSeconds))] \(step.summary)")
    }
  }
}
