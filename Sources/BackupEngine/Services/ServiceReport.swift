public import BackupModel
public import BackupPolicy
public import BackupRepository

/// How a service stands: each source with its newest point, and whether what is promised is kept. Pure.
public struct ServiceReport: Sendable {
  /// What is known of one source.
  public struct SourceFacts: Sendable, Hashable {
    /// The source.
    public var id: SourceID
    /// The newest good point, and when it was begun; nil if there is none.
    public var newest: RecoveryPointID?
    /// How old its newest good point may become by its own declaration; nil if nothing is promised.
    public var maximumAge: Duration?
    /// When a point of it was drilled last.
    public var lastDrilled: Timestamp?
    /// How that drill came out; only `ok` is a pass.
    public var drillResult: Attestation.Result?
    /// When stored data of it was verified last.
    public var lastVerified: Timestamp?
    /// How long restoring the newest point may take; nil if no drill or restore tells.
    public var expectedSeconds: Double?
    /// The directory of a tree as far as it is known.
    public var path: String?

    /// Describes a source of which nothing more is known.
    public init(id: SourceID) { self.id = id }
  }

  /// Whether a promise is kept.
  public enum Verdict: String, Sendable, Hashable, Encodable {
    case met, missed
    /// It can't be told: nothing was ever drilled or restored.
    case unknown
  }

  /// The service.
  public let service: Service
  /// Its sources, in the order in which they are restored.
  public let sources: [SourceFacts]
  /// Whether each source's newest good point is young enough; nil if nothing is promised.
  public let rpo: Verdict?
  /// Whether restoring all of it is expected to be fast enough; nil if nothing is promised.
  public let rto: Verdict?

  /// Concludes.
  public init(_ service: Service, sources: [SourceFacts], now: Timestamp) {
    self.service = service
    self.sources = sources
    let ages = sources.compactMap { source -> Bool? in
      guard let limit = service.objectives.rpo ?? source.maximumAge else { return nil }
      guard let newest = source.newest else { return false }
      return now.secondsSince(newest.begun) <= Double(limit.components.seconds)
    }
    rpo = ages.isEmpty ? nil : ages.contains(false) ? .missed : .met
    let expected = Self.sum(of: sources)
    rto = service.objectives.rto.map { limit in
      expected.map { $0 <= Double(limit.components.seconds) ? .met : .missed } ?? .unknown
    }
  }

  /// The newest good point of the source whose newest one is oldest: to what age all of the service can be had back.
  ///
  /// Nil if a source has none.
  public var newest: RecoveryPointID? {
    let points = sources.compactMap(\.newest)
    return points.count == sources.count ? points.min() : nil
  }

  /// How long restoring all of it may take; nil if that isn't known of each source.
  public var expectedSeconds: Double? { Self.sum(of: sources) }

  private static func sum(of sources: [SourceFacts]) -> Double? {
    sources.reduce(0) { sum, source in
      guard let sum, let seconds = source.expectedSeconds else { return nil }
      return sum + seconds
    }
  }
}
