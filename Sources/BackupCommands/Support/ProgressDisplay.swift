import BackupEngine
import BackupModel
import HostSystem
import Synchronization

/// Shows how far a piece of work has come: on a terminal in one line that is rewritten, elsewhere in a line every half minute.
enum ProgressDisplay {
  private static let terminalInterval = 0.25
  private static let logInterval = 30.0

  /// Runs `body` while another thread shows the progress.
  static func run<Result>(
    _ options: OutputOptions, title: String, counting noun: String = "entries", expectedBytes: Int64? = nil,
    _ body: (ArchiveProgress) throws -> Result
  ) throws -> Result {
    try run(options, title: title, counting: noun, expectedBytes: expectedBytes, of: ArchiveProgress(), body)
  }

  /// Runs `body` while another thread shows the progress of a work.
  static func run<Progress: WorkProgress, Result>(
    _ options: OutputOptions, title: String, counting noun: String = "entries", expectedBytes: Int64? = nil,
    of progress: Progress,
    _ body: (Progress) throws -> Result
  ) throws -> Result {
    let stop = show(options, title: title, counting: noun, expectedBytes: expectedBytes, progress)
    defer { stop() }
    return try body(progress)
  }

  /// Runs asynchronous work while another thread shows its progress.
  static func awaiting<Progress: WorkProgress, Result: Sendable>(
    _ options: OutputOptions, title: String, expectedBytes: Int64? = nil, of progress: Progress,
    _ body: (Progress) async throws -> Result
  ) async throws -> Result {
    let stop = show(options, title: title, counting: "entries", expectedBytes: expectedBytes, progress)
    defer { stop() }
    return try await body(progress)
  }

  /// Starts a thread that shows the progress; what is returned ends it.
  private static func show(
    _ options: OutputOptions, title: String, counting noun: String, expectedBytes: Int64?, _ progress: some WorkProgress
  ) -> () -> Void {
    let environment = CommandEnvironment.current
    guard !options.quiet else { return {} }
    let ending = Monitor(false)
    let ticker = WorkerThread {
      let interval = environment.messages.isTerminal ? terminalInterval : logInterval
      let begun = environment.clock.elapsed()
      var isShown = false
      while !ending.wait(atMost: interval, until: { $0 ? true : nil }) {
        let text = line(
          title, progress, counting: noun, seconds: (environment.clock.elapsed() - begun).inSeconds, expectedBytes)
        if environment.messages.isTerminal {
          environment.messages.write("\r\(text.prefix(environment.messages.columns - 1))\u{1B}[K".utf8)
          isShown = true
        } else {
          environment.messages.line(text)
        }
      }
      if isShown { environment.messages.write("\r\u{1B}[K".utf8) }
    }
    return {
      ending.update { $0 = true }
      ticker.join()
    }
  }

  static func line(
    _ title: String, _ progress: some WorkProgress, counting noun: String, seconds: Double, _ expectedBytes: Int64?
  ) -> String {
    let rate = seconds > 0 ? ByteCount(Int64(Double(progress.bytes) / seconds)) : .zero
    var text = "\(title): \(progress.entries) \(noun), \(ByteCount(progress.bytes)), \(rate)/s"
    if let expectedBytes, expectedBytes > 0, progress.bytes > 0 {
      let share = min(1, Double(progress.bytes) / Double(expectedBytes))
      text += ", \(Int(share * 100)) %"
      if share < 1 { text += ", about \(DurationText.of(seconds: seconds / share * (1 - share))) left" }
    }
    return text
  }
}
