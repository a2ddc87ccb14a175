import BackupModel
import FoundationEssentials
import HostSystem
import JobEngine

/// One call of a plug-in with a verb: its input, the events that it writes, and what its end means.
struct PluginConversation: Sendable {
  let plugin: KindPlugin
  let executable: PathBytes
  /// Passes remarks on; called at any time.
  var report: @Sendable (TaskProgress) -> Void = { _ in }

  /// The exit code of a failure that may be over a moment later (`EX_TEMPFAIL` of sysexits.h).
  static let temporaryFailure: Int32 = 75
  private static let longestLine = ByteCount.mebibytes(1)
  private static let mostOutput = ByteCount.mebibytes(16)

  /// What a plug-in answered, and what it remarked on the way.
  struct Answered<Answer: Sendable>: Sendable {
    var answer: Answer
    /// Its warnings and errors.
    var remarks: [String]
  }

  /// Starts the plug-in with a verb and waits for its end; cancelling the task stops it.
  ///
  /// - Throws: `TaskFailure` if it fails or breaks the protocol; `CancellationError`.
  func ask<Answer: Decodable & Sendable>(
    _ verb: String, _ input: some Encodable, for type: Answer.Type = Answer.self
  ) async throws -> Answered<Answer> {
    var command = ChildCommand(String(decoding: executable, as: UTF8.self), [verb])
    command.input = Array(try JSONEncoder().encode(input))
    command.outputLimit = Self.mostOutput
    let answer = PluginAnswer<Answer>(report: report)
    let name = "\(plugin.name) \(verb)"
    do {
      let ended = try await command.run(longestLine: Self.longestLine) { line in try await answer.take(line) }
      return try await answer.judged(by: ended)
    } catch let fault as PluginFault {
      throw TaskFailure(
        "cannot use what \(name) says: \(fault.what)", details: fault.line.map { ["the line: \($0)"] } ?? [])
    } catch let error as ChildError {
      throw TaskFailure("\(name): \(error.message)", details: [error.cause, error.hint].compactMap { $0 })
    } catch let failure as TaskFailure {
      throw TaskFailure("\(name): \(failure.message)", kind: failure.kind, details: failure.details)
    }
  }
}

/// What a plug-in has said so far in one call.
private actor PluginAnswer<Answer: Decodable & Sendable> {
  private static var mostRemarks: Int { 100 }
  private static var longestRemark: Int { 1000 }
  private let report: @Sendable (TaskProgress) -> Void
  private var answer: Answer?
  private var remarks: [String] = []
  private var lastError: String?

  init(report: @escaping @Sendable (TaskProgress) -> Void) { self.report = report }

  /// Takes the next line.
  func take(_ line: [UInt8]) throws(PluginFault) {
    let event = try PluginEvent<Answer>(line)
    guard answer == nil else {
      if case .result = event { throw PluginFault("it answered twice", line) }
      throw PluginFault("it went on after its result", line)
    }
    switch event {
    case .progress(let activity, let completed, let total):
      if let activity { report(.activity(Self.shown(activity))) }
      if let completed { report(.amount(completed: completed, total: total)) }
    case .log(let level, let message):
      let text = Self.shown(message)
      if level == .info { report(.activity(text)) }
      if level != .info, remarks.count < Self.mostRemarks { remarks.append("\(level.rawValue): \(text)") }
      if level == .error { lastError = text }
    case .result(let result): answer = result
    }
  }

  /// The answer, if the end of the program lets it count.
  func judged(by ended: ChildResult) throws -> PluginConversation.Answered<Answer> {
    if ended.isSuccess {
      guard let answer else { throw PluginFault("it ended with code 0 without a result") }
      return PluginConversation.Answered(answer: answer, remarks: remarks)
    }
    let isTemporary = ended.end == .exited(PluginConversation.temporaryFailure)
    throw TaskFailure(
      lastError ?? ended.lastWords.last ?? "it \(ended.end)", kind: isTemporary ? .transient : .permanent,
      details: remarks + ["it \(ended.end)"] + ended.lastWords)
  }

  /// Text of a plug-in, made safe to show: no control characters, not endless.
  private static func shown(_ text: String) -> String { PluginText.shown(text, most: longestRemark) }
}

/// Texts of plug-ins as they are shown and kept.
enum PluginText {
  /// The text without control characters, shortened.
  static func shown(_ text: String, most: Int = 1000) -> String {
    let safe = Array(text.utf8).displayedPath
    return safe.count > most ? "\(safe.prefix(most))…" : safe
  }
}
