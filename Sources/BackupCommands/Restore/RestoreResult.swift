import BackupEngine
import BackupModel
import BackupRepository
import FoundationEssentials
import HostSystem

/// What `restore` prints when it is done.
struct RestoreResult {
  private struct Document: Encodable {
    struct Item: Encodable {
      let path: String
      /// The path in base64, if it isn't UTF-8.
      let pathBytes: Data?
      let reason: String
      let isDamage: Bool?

      init(_ path: PathBytes, _ reason: String, isDamage: Bool? = nil) {
        self.path = path.displayedPath
        pathBytes = String(validating: path, as: UTF8.self) == nil ? Data(path) : nil
        self.reason = reason
        self.isDamage = isDamage
      }
    }

    struct Comparison: Encodable {
      let entries: Int
      let bytes: Int64
      let differenceCount: Int
      let differences: [Item]
      let seconds: Double
    }

    let source: String
    let point: RecoveryPointID
    let to: String
    let isContinued: Bool
    let entries: Int
    let files: Int
    let directories: Int
    let symbolicLinks: Int
    let hardLinks: Int
    let specialFiles: Int
    let unchanged: Int
    let kept: Int
    let bytes: Int64
    let writtenBytes: Int64
    let notPermitted: Int
    let failureCount: Int
    let damageCount: Int
    let failures: [Item]
    let comparison: Comparison?
    let seconds: Double
    let bytesPerSecond: Int64
  }

  private static let firstItems = 10
  private let report: RestoreReport
  private let point: RecoveryPoint
  private let target: String

  init(_ report: RestoreReport, _ point: RecoveryPoint, target: String) {
    self.report = report
    self.point = point
    self.target = target
  }

  /// Damage comes before everything else that isn't as it should be.
  var status: ExitStatus {
    if report.damageCount > 0 { return .damaged }
    return report.isComplete ? .ok : .degraded
  }

  /// Prints the result; failed items go to standard error even when quiet.
  func print(_ options: OutputOptions) throws {
    let environment = CommandEnvironment.current
    show(
      report.failures.map { "error: cannot restore \($0.path.displayedPath): \($0.reason)" },
      of: report.failureCount, "failed", options)
    if let comparison = report.comparison {
      show(
        comparison.differences.map { "difference: \($0)" }, of: comparison.differenceCount, "differences", options)
    }
    if report.notPermitted > 0 {
      environment.messages.line(
        "warning: owners or attributes of \(report.notPermitted) entries need root and were left as they are")
    }
    if options.json { return environment.output.line(try JSONText.encode(document)) }
    if !options.quiet { environment.output.line(line) }
  }

  private func show(_ lines: [String], of count: Int, _ what: String, _ options: OutputOptions) {
    let messages = CommandEnvironment.current.messages
    let shown = options.verbose ? lines.count : min(lines.count, Self.firstItems)
    for line in lines.prefix(shown) { messages.line(line) }
    if count > shown {
      messages.line(
        "\(count - shown) more \(what)\(options.verbose || options.json ? "" : "; -v shows them")")
    }
  }

  /// `tree/etc@20261122T050000Z restored to /tmp/etc: 1234 entries, 17 MiB, written 17 MiB; 0.42 s, 40 MiB/s`
  private var line: String {
    var parts = [
      "\(report.entries) entries", "\(ByteCount(report.bytes))", "written \(ByteCount(report.writtenBytes))",
    ]
    if report.unchanged > 0 { parts.append("\(report.unchanged) unchanged") }
    if report.kept > 0 { parts.append("\(report.kept) others kept") }
    if report.failureCount > 0 { parts.append("\(report.failureCount) failed") }
    var text =
      "\(point.source)@\(point.id) restored to \(target): \(parts.joined(separator: ", ")); "
      + "\(DurationText.of(seconds: report.seconds)), \(ByteCount(report.bytesPerSecond))/s"
    if let comparison = report.comparison {
      text +=
        comparison.isEqual
        ? "; verified \(comparison.entries) entries, \(ByteCount(comparison.bytes))"
        : "; \(comparison.differenceCount) differences"
    }
    return text
  }

  private var document: Document {
    Document(
      source: point.source.description, point: point.id, to: target, isContinued: report.isContinued,
      entries: report.entries, files: report.files, directories: report.directories,
      symbolicLinks: report.symbolicLinks, hardLinks: report.hardLinks, specialFiles: report.specialFiles,
      unchanged: report.unchanged, kept: report.kept, bytes: report.bytes, writtenBytes: report.writtenBytes,
      notPermitted: report.notPermitted, failureCount: report.failureCount, damageCount: report.damageCount,
      failures: report.failures.map { Document.Item($0.path, $0.reason, isDamage: $0.isDamage) },
      comparison: report.comparison.map { comparison in
        Document.Comparison(
          entries: comparison.entries, bytes: comparison.bytes, differenceCount: comparison.differenceCount,
          differences: comparison.differences.map { Document.Item($0.path, $0.text) }, seconds: comparison.seconds)
      }, seconds: report.seconds, bytesPerSecond: report.bytesPerSecond)
  }
}
