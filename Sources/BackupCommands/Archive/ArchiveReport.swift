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
  let seconds: Double

  init(_ point: RecoveryPoint) {
    source = point.source.description
    self.point = point.id
    state = point.state
    suspicious = point.suspicious
    statistics = point.statistics
    warnings = point.warnings
    warningCount = point.warningCount
    seconds = point.ended.secondsSince(point.begun)
  }

  /// Whether something isn't as it should be.
  var isDegraded: Bool { state != .complete || !suspicious.isEmpty }

  private static let firstWarnings = 10

  /// The source as it is typed: a tree's kind may be left out.
  private var typedName: Substring { source.hasPrefix("tree/") ? source.dropFirst(5) : source[...] }

  /// Prints the report for people; warnings go to standard error even when quiet.
  func print(_ options: OutputOptions) {
    let environment = CommandEnvironment.current
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
        + "\(DurationText.of(seconds: seconds))\(isDegraded ? "; with warnings" : "")")
  }
}
