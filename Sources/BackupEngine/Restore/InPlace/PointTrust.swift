public import BackupModel
public import BackupRepository

/// What attestations and earlier restores tell of a point: whether it was drilled or verified, and how long restoring takes.
public struct PointTrust: Sendable {
  /// When this very point was drilled last; nil if never.
  public var drilled: Timestamp?
  /// How that drill came out; nil if there was none.
  public var drillResult: Attestation.Result?
  /// When stored data of the source was verified last; nil if never.
  public var verified: Timestamp?
  /// Whether damage of the source is known that nothing has found gone since.
  public var knowsOfDamage: Bool
  /// How long restoring it may take; nil if no earlier drill or restore of the source tells.
  public private(set) var expectedSeconds: Double?
  /// How long the last clone of a snapshot of the volume took; nil if there was none.
  public let cloneSeconds: Double?
  private var measure: (seconds: Double, bytes: Int64)?

  /// Gathers what is known.
  ///
  /// - Parameter earlier: restores in place on this host.
  /// - Throws: `RepositoryError` if the attestations can't be read.
  public init(of point: RecoveryPoint, in store: SourceStore, earlier: [RestoreRecord]) throws {
    let attestations = try store.attestations.read().attestations
    let ofPoint = attestations.last { $0.action == .drill && $0.point == point.id }
    drilled = ofPoint?.at
    drillResult = ofPoint?.result
    verified = attestations.last { $0.action == .verify }?.at
    knowsOfDamage = AttestationHistory(attestations).knowsOfDamage
    let restores = earlier.flatMap { record in
      record.parts.filter { $0.source == store.source && record.repository == store.repositoryID }
        .compactMap { part in part.seconds.map { (at: record.begun, seconds: $0, part: part) } }
    }
    // A clone tells nothing of how long a restore of a point takes.
    cloneSeconds = restores.filter { $0.part.point == nil }.max { $0.at < $1.at }?.seconds
    var measures = restores.filter { $0.part.point != nil }.map {
      (at: $0.at, seconds: $0.seconds, bytes: $0.part.bytes)
    }
    // One whose probes couldn't look at everything measured the restoring all the same.
    if let drill = attestations.last(where: { $0.action == .drill && $0.result != .damaged }), let id = drill.point,
      // A point that is gone since can't tell how much it held.
      let drilled = try? store.point(id)
    {
      measures.append((drill.at, drill.seconds, drilled.statistics.bytes))
    }
    measure = measures.max { $0.at < $1.at }.map { ($0.seconds, $0.bytes) }
    scale(to: ByteCount(point.statistics.bytes))
  }

  /// Estimates for another number of bytes.
  mutating func scale(to bytes: ByteCount) {
    guard let measure, measure.bytes > 0 else {
      expectedSeconds = measure?.seconds
      return
    }
    // What was measured on few bytes says little about many, but is the best that is known; never less than was needed at all.
    expectedSeconds = measure.seconds * max(0.01, Double(bytes.bytes) / Double(measure.bytes))
  }
}
