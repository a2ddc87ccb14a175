public import BackupModel
public import BackupPolicy
public import BackupRepository
import HostSystem

/// What drills of a service's sources have shown, measured against what is promised of it. Pure.
public struct ServiceDrill: Sendable, Hashable {
  /// What the drill of one source has shown.
  public struct Measure: Sendable, Hashable {
    /// The source.
    public var source: SourceID
    /// How the drill came out; nil if there was none.
    public var result: Attestation.Result?
    /// How long restoring took; nil if that isn't known, as where not all could be restored.
    public var restoreSeconds: Double?
    /// How old the data were; nil if there was no drill.
    public var ageSeconds: Double?
    /// Whether there is no point that could be drilled.
    public var hasNoPoint = false
    /// How old its newest good point may become by its own declaration; nil if nothing is promised.
    public var maximumAge: Duration?

    /// Describes a source that wasn't drilled.
    public init(_ source: SourceID, maximumAge: Duration?) {
      self.source = source
      self.maximumAge = maximumAge
    }

    /// Takes what a drill has measured. How long it takes to restore what can't be restored as it was isn't known.
    public mutating func take(_ report: DrillReport) {
      (result, ageSeconds) = (report.result, report.dataAge.inSeconds)
      restoreSeconds = report.result == .damaged ? nil : report.restoreSeconds
    }

    /// Takes what is attested of a drill.
    public mutating func take(_ attestation: Attestation) {
      (result, ageSeconds) = (attestation.result, attestation.ageSeconds.map(Double.init))
      restoreSeconds = attestation.result == .damaged ? nil : attestation.restoreSeconds
    }
  }

  /// The service.
  public let service: Service
  /// Its sources, in the order in which they are restored.
  public let measures: [Measure]

  /// Gathers what is known of its sources.
  public init(_ service: Service, _ measures: [Measure]) {
    self.service = service
    self.measures = measures
  }

  /// How many of its sources were drilled.
  public var drilledCount: Int { measures.count { $0.result != nil } }

  /// How it came out: `ok` only if each source was drilled and passed.
  public var result: Attestation.Result {
    if measures.contains(where: { $0.result == .damaged }) { return .damaged }
    return measures.allSatisfy { $0.result == .ok } ? .ok : .incomplete
  }

  /// How long restoring all of it takes, one after the other; nil if it isn't known of each source.
  public var restoreSeconds: Double? { Self.known(measures.map(\.restoreSeconds))?.reduce(0, +) }

  /// How old the oldest of its data were; nil if it isn't known of each source.
  public var ageSeconds: Double? { Self.known(measures.map(\.ageSeconds))?.max() }

  /// Whether restoring it was fast enough; nil if nothing is promised.
  public var rto: ServiceReport.Verdict? {
    service.objectives.rto.map { limit in
      restoreSeconds.map { $0 <= limit.inSeconds ? .met : .missed } ?? .unknown
    }
  }

  /// Whether the data of each source were young enough; nil if nothing is promised.
  public var rpo: ServiceReport.Verdict? {
    let verdicts = measures.compactMap { measure in limit(of: measure).map { Self.verdict(measure, $0) } }
    guard !verdicts.isEmpty else { return nil }
    return verdicts.contains(.missed) ? .missed : verdicts.contains(.unknown) ? .unknown : .met
  }

  /// What is promised and was missed, one sentence each.
  public var missed: [String] {
    var lines: [String] = []
    if rto == .missed, let limit = service.objectives.rto, let seconds = restoreSeconds {
      lines.append(
        "\(service.name): RTO missed: restoring it took \(Duration.seconds(Int64(seconds.rounded(.up))).policyText), "
          + "\(limit.policyText) is promised")
    }
    for measure in measures {
      guard let limit = limit(of: measure), Self.verdict(measure, limit) == .missed else { continue }
      let what =
        measure.ageSeconds.map { "its data were \(Duration.seconds(Int64($0)).policyText) old" } ?? "it has no point"
      lines.append("\(service.name): RPO missed by \(measure.source): \(what), \(limit.policyText) is promised")
    }
    return lines
  }

  private func limit(of measure: Measure) -> Duration? { service.objectives.rpo ?? measure.maximumAge }

  private static func verdict(_ measure: Measure, _ limit: Duration) -> ServiceReport.Verdict {
    if measure.hasNoPoint { return .missed }
    return measure.ageSeconds.map { $0 <= limit.inSeconds ? .met : .missed } ?? .unknown
  }

  private static func known(_ values: [Double?]) -> [Double]? {
    let known = values.compactMap(\.self)
    return known.count == values.count ? known : nil
  }
}
