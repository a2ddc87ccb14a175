import BackupEngine
import BackupModel
import HostSystem

/// Rehearses everything on a thin pool that is made for it, and tells each step.
struct LoopbackDrilling {
  private struct Document: Encodable {
    struct Step: Encodable {
      let step: String
      let result: String
      let seconds: Double
      let text: String
      let hint: String?
    }
    let result: String
    let size: ByteCount
    let seconds: Double
    let kept: String?
    let steps: [Step]

    init(_ report: LoopbackReport) {
      result = LoopbackDrilling.word(report.isGood)
      size = report.size
      seconds = report.seconds
      kept = report.kept
      steps = report.steps.map {
        Step(step: $0.name, result: LoopbackDrilling.word($0.isGood), seconds: $0.seconds, text: $0.text, hint: $0.hint)
      }
    }
  }

  private let options: LoopbackOptions
  private let scratch: String
  private let output: OutputOptions

  init(_ options: LoopbackOptions, scratch: String, _ output: OutputOptions) {
    self.options = options
    self.scratch = scratch
    self.output = output
  }

  private static func word(_ isGood: Bool) -> String { isGood ? "ok" : "failed" }

  /// Drills.
  ///
  /// - Throws: as `LoopbackDrill.run(tell:)`; ``ExitWith`` `failed` if a step failed.
  func run() async throws {
    let environment = CommandEnvironment.current
    let executable = try OpenFile.open(PathBytes(path: "/proc/self"), .directoryFollowing)
      .linkTarget(of: PathBytes(path: "exe"))
    var drill = LoopbackDrill(
      size: options.size ?? LoopbackDrill.usualSize, in: PathBytes(path: scratch),
      program: String(decoding: executable, as: UTF8.self), clock: environment.clock)
    drill.keeps = options.keep
    let (prepared, isTold) = (drill, !output.json && !output.quiet)
    let report = try await CancellableWork.run {
      try await prepared.run { step in
        // Each line when its step ends, also into a pipe: all of it takes minutes.
        guard isTold || !step.isGood, !output.json else { return }
        environment.output.line(Self.line(step))
        environment.output.flush()
      }
    }
    if output.json {
      environment.output.line(try JSONText.encode(Document(report)))
    } else {
      tellEnd(report, environment)
    }
    if !report.isGood { throw ExitWith(status: .failed) }
  }

  private func tellEnd(_ report: LoopbackReport, _ environment: CommandEnvironment) {
    for step in report.steps {
      if let hint = step.hint { environment.messages.line("hint: \(step.name): \(hint)") }
    }
    if let kept = report.kept {
      environment.messages.line("note: everything is left in \(kept); the next `backupctl drill --loopback` removes it")
    }
    guard !output.quiet else { return }
    environment.output.line(
      report.isGood
        ? "ok: everything that was archived came back, in \(DurationText.of(seconds: report.seconds))"
        : "failed: see the step \(report.steps.first { !$0.isGood }?.name ?? "-")")
  }

  /// A step as a line: `archive    ok        12 s  read 74 MiB, stored 20 MiB`.
  private static func line(_ step: LoopbackReport.Step) -> String {
    func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
      let space = String(repeating: " ", count: max(0, width - text.count))
      return right ? space + text : text + space
    }
    return "\(padded(step.name, 10)) \(padded(word(step.isGood), 7)) "
      + "\(padded(DurationText.of(seconds: step.seconds), 8, right: true))  \(step.text)"
  }
}
