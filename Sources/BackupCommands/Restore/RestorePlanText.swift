import BackupEngine
import BackupModel
import BackupRepository

/// What `restore` prints before it begins, and instead of beginning with `--plan`.
struct RestorePlanText {
  private struct Document: Encodable {
    let source: String
    let point: RecoveryPointID
    let paths: [String]
    let to: String
    let target: RestorePlan.Target
    let entries: Int
    let files: Int
    let directories: Int
    let bytes: Int64
    let availableBytes: Int64?
    let mayNotFit: Bool
  }

  let plan: RestorePlan
  private let point: RecoveryPoint
  private let paths: [String]
  private let target: String
  private let age: Double

  init(_ plan: RestorePlan, _ point: RecoveryPoint, paths: [String], target: String, now: Timestamp) {
    self.plan = plan
    self.point = point
    self.paths = paths
    self.target = target
    age = max(0, now.secondsSince(point.begun))
  }

  /// `restoring tree/etc@20261122T050000Z (2 h 05 min old): 1234 entries, 17 MiB to /tmp/etc`
  var line: String {
    let how =
      switch plan.target {
      case .missing: ""
      case .empty: " (empty)"
      case .unfinished: ", continuing an interrupted restore"
      case .overwritten: ", overwriting what differs"
      }
    let what = paths.isEmpty ? "" : "\(paths.joined(separator: ", ")) of "
    return "restoring \(what)\(point.source)@\(point.id) (\(DurationText.of(seconds: age)) old): "
      + "\(plan.entries) entries, \(ByteCount(plan.bytes)) to \(target)\(how)"
  }

  /// What may go wrong, or nil.
  var warning: String? {
    guard plan.mayNotFit, let available = plan.available else { return nil }
    return "warning: \(target) has only \(available) free for \(ByteCount(plan.bytes))"
  }

  /// Prints the plan as data.
  func print(_ options: OutputOptions) throws {
    let output = CommandEnvironment.current.output
    if options.json {
      let document = Document(
        source: point.source.description, point: point.id, paths: paths, to: target, target: plan.target,
        entries: plan.entries, files: plan.files, directories: plan.directories, bytes: plan.bytes,
        availableBytes: plan.available?.bytes, mayNotFit: plan.mayNotFit)
      return output.line(try JSONText.encode(document))
    }
    output.line(line)
    if let warning { output.line(warning) }
    output.line("nothing was written: this is the plan")
  }
}
