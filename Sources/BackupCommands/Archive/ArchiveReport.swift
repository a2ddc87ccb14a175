import BackupModel
import BackupRepository

/// What `archive` prints about a point.
struct ArchiveReport: Encodable {
  let source: String
  let point: RecoveryPointID
  let state: RecoveryPoint.State
  let suspicious: [String]
  let statistics: RecoveryPoint.Statistics
  let warnings: [RecoveryPoint.Warning]
  let warningCount: Int
  /// The volume that was read, and how; nil for other sources.
  let volume: RecoveryPoint.Volume?
  /// What went wrong beside the point, which is good.
  let problems: [String]
  let seconds: Double

  init(_ point: RecoveryPoint, problems: [String] = []) {
    self.problems = problems
    source = point.source.description
    self.point = point.id
    state = point.state
    suspicious = point.suspicious
    statistics = point.statistics
    warnings = point.warnings
    warningCount = point.warningCount
    volume = point.volume
    seconds = point.ended.secondsSince(point.begun)
  }

  /// Whether something isn't as it should be.
  var isDegraded: Bool { state != .complete || !suspicious.isEmpty || !problems.isEmpty }

  private static let firstWarnings = 10

  /// The source as it is typed: a tree's kind may be left out.
  private var typedName: Substring { source.hasPrefix("tree/") ? source.dropFirst(5) : source[...] }

  /// Prints the report for people; warnings go to standard error even when quiet.
  func print(_ options: OutputOptions) {
    let environment = CommandEnvironment.current
    for problem in problems { environment.messages.line("warning: \(problem)") }
    for reason in suspicious { environment.messages.line("warning: \(source)@\(point) is suspicious: \(reason)") }
    let shown = options.verbose ? warnings.count : min(warnings.count, Self.firstWarnings)
    for warning in warnings.prefix(shown) { environment.messages.line("warning: \(warning.path): \(warning.problem)") }
    if warningCount > shown {
      environment.messages.line(
        "warning: \(warningCount - shown) more; see `backupctl show \(typedName)@\(point)`")
    }
    guard !options.quiet, !options.json else { return }
    let read = ByteCount(statistics.readBytes)
    environment.output.line(
      "\(source)@\(point): \(statistics.entries) entries, \(ByteCount(statistics.bytes)); "
        + "read \(statistics.filesRead) files, \(read); "
        + "new \(ByteCount(statistics.newBytes)), stored \(ByteCount(statistics.storedBytes)); "
        + "\(DurationText.of(seconds: seconds))\(volume?.readingText ?? "")\(isDegraded ? "; with warnings" : "")")
  }
}
