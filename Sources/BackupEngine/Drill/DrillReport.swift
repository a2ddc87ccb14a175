public import BackupModel
public import BackupRepository
import HostSystem

/// What a drill found and measured.
public struct DrillReport: Sendable {
  /// The source.
  public let source: SourceID
  /// The point that was restored.
  public let point: RecoveryPointID
  /// Entries restored.
  public internal(set) var entries = 0
  /// Bytes restored.
  public internal(set) var bytes = ByteCount.zero
  /// How long restoring took: the time after which the data would be back (RTO).
  public internal(set) var restoreSeconds = 0.0
  /// How old the point is: what would be lost if the source were gone now (RPO).
  public internal(set) var dataAge = Duration.zero
  /// What differs from the point or could not be restored, each with its path; at most 100.
  public internal(set) var differences: [String] = []
  /// Whether everything was restored as the point says.
  public internal(set) var isEqual = true
  /// What the probes found.
  public internal(set) var probes: [ProbeReport] = []
  /// What should be known of how it was done.
  public internal(set) var notes: [String] = []
  /// What couldn't be looked at when restored files were told apart.
  public internal(set) var unread: [String] = []

  static let mostDifferences = 100

  init(_ point: RecoveryPoint) {
    source = point.source
    self.point = point.id
  }

  /// Whether something isn't as it should be.
  public var hasFindings: Bool { !isEqual || probes.contains { $0.result == .damaged } }
  /// Whether something couldn't be looked at.
  public var hasObstacles: Bool { !unread.isEmpty || probes.contains { !$0.obstacles.isEmpty } }
  /// Whether a program was missing.
  public var lacksTool: Bool { probes.contains { $0.obstacles.contains(where: \.isToolMissing) } }

  /// How it came out; only `ok` is a pass.
  public var result: Attestation.Result { hasFindings ? .damaged : hasObstacles ? .incomplete : .ok }

  /// What isn't as it should be, one line each, with point and path.
  public var findings: [String] {
    differences.map { "\(source)@\(point): \($0)" }
      + probes.flatMap { probe in
        probe.findings.map { "\(source)@\(point): \($0.path.displayedPath): \($0.what)" }
      }
  }

  /// What couldn't be looked at, one line each, with point and path.
  public var obstacles: [String] {
    unread.map { "\(source)@\(point): \($0)" }
      + probes.flatMap { probe in
        probe.obstacles.map {
          "\(source)@\(point): \($0.path.displayedPath): the probe \(probe.name) couldn't look: \($0.why)"
        }
      }
  }

  /// What the probes say in one line: `sqlite 2 ok, dump none`; `-` without any.
  public var probeText: String { Self.text(of: attested) }

  /// The probes as an attestation has them.
  var attested: [Attestation.Probe] {
    probes.map { Attestation.Probe(probe: $0.name, result: $0.result, items: $0.items, seconds: $0.seconds) }
  }

  /// What probes say in one line.
  public static func text(of probes: [Attestation.Probe]) -> String {
    guard !probes.isEmpty else { return "-" }
    return probes.map { $0.result == .none ? "\($0.probe) none" : "\($0.probe) \($0.items) \($0.result.rawValue)" }
      .joined(separator: ", ")
  }
}
