public import BackupModel

/// What was checked, verified or drilled, when, and with what result: one line of `attestations.jsonl`.
///
/// It is history, not truth: losing it costs only the memory of what was read when.
public struct Attestation: Hashable, Sendable {
  /// What was done.
  public enum Action: String, Codable, Hashable, Sendable {
    /// The structure was examined.
    case check
    /// Frames were read and their chunks hashed.
    case verify
    /// A point was restored to a scratch place and compared.
    case drill
    /// A point was taken away, since no rule kept it or somebody asked for it.
    case forget
    /// Packs were taken away because nothing in them was needed, or because what was is in other packs now.
    case prune
    /// What is whole of a pack that can't be read was copied into others.
    case repair
  }

  /// How it came out.
  public enum Result: String, Codable, Hashable, Sendable {
    /// Everything was as it should be.
    case ok
    /// Damage was found.
    case damaged
    /// Nothing was found, but something couldn't be looked at, for `drill`: it isn't known how that is, so this is no pass.
    case incomplete
  }

  /// What one probe of a drill found.
  public struct Probe: Codable, Hashable, Sendable {
    /// How it came out.
    public enum Result: String, Codable, Hashable, Sendable {
      /// All that it looked at is as it should be.
      case ok
      /// Something isn't.
      case damaged
      /// There was nothing to look at.
      case none
      /// It couldn't look at something, so that it isn't known how that is.
      case unable
    }

    /// The probe's name.
    public var probe: String
    /// How it came out.
    public var result: Result
    /// How many things it looked at.
    public var items: Int
    /// How long it took.
    public var seconds: Double

    /// Records a result.
    public init(probe: String, result: Result, items: Int, seconds: Double) {
      self.probe = probe
      self.result = result
      self.items = items
      self.seconds = seconds.rounded(toDecimals: 3)
    }
  }

  /// When it was done.
  public var at: Timestamp
  /// What was done.
  public var action: Action
  /// How it came out.
  public var result: Result
  /// Name and version of the program.
  public var tool: String
  /// The pack that was read, for `verify`; that was replaced, for `repair`.
  public var pack: PackName?
  /// The frames that were read, for `verify`; empty if the pack couldn't even be opened.
  public var frames = FrameRanges()
  /// The point that was examined, for `check` and `drill`; that was taken away, for `forget`.
  public var point: RecoveryPointID?
  /// How long it took.
  public var seconds: Double
  /// How long restoring took, for `drill`: the time after which the data would be back (RTO).
  public var restoreSeconds: Double?
  /// How old the data were, for `drill`: what would have been lost (RPO).
  public var ageSeconds: Int64?
  /// Bytes restored, for `drill`; that the packs take less than before, for `prune`.
  public var bytes: Int64?
  /// What the probes found, for `drill`.
  public var probes: [Probe] = []
  /// The packs that were taken away, for `prune`.
  public var removed: [PackName] = []
  /// The pack that was made of what was needed of them, for `prune`.
  public var made: PackName?
  /// What was found, in words.
  public var damage: [String] = []
  /// What couldn't be looked at, for `drill`, in words.
  public var obstacles: [String] = []

  /// Describes what was done.
  public init(at: Timestamp, action: Action, result: Result, tool: String, seconds: Double) {
    self.at = at
    self.action = action
    self.result = result
    self.tool = tool
    self.seconds = seconds
  }
}

extension Attestation: Codable {
  private enum CodingKeys: String, CodingKey {
    case at, action, result, tool, pack, frames, point, seconds, damage, restoreSeconds, ageSeconds, bytes, probes
    case obstacles, removed, made
  }

  /// Decodes an attestation; keys that aren't known are ignored.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    at = try container.decode(Timestamp.self, forKey: .at)
    action = try container.decode(Action.self, forKey: .action)
    result = try container.decode(Result.self, forKey: .result)
    tool = try container.decodeIfPresent(String.self, forKey: .tool) ?? ""
    seconds = try container.decodeIfPresent(Double.self, forKey: .seconds) ?? 0
    damage = try container.decodeIfPresent([String].self, forKey: .damage) ?? []
    point = try container.decodeIfPresent(RecoveryPointID.self, forKey: .point)
    restoreSeconds = try container.decodeIfPresent(Double.self, forKey: .restoreSeconds)
    ageSeconds = try container.decodeIfPresent(Int64.self, forKey: .ageSeconds)
    bytes = try container.decodeIfPresent(Int64.self, forKey: .bytes)
    probes = try container.decodeIfPresent([Probe].self, forKey: .probes) ?? []
    obstacles = try container.decodeIfPresent([String].self, forKey: .obstacles) ?? []
    pack = try container.decodeIfPresent(String.self, forKey: .pack).map { try Self.packName($0, .pack, container) }
    made = try container.decodeIfPresent(String.self, forKey: .made).map { try Self.packName($0, .made, container) }
    removed = try (container.decodeIfPresent([String].self, forKey: .removed) ?? [])
      .map { try Self.packName($0, .removed, container) }
    if let text = try container.decodeIfPresent(String.self, forKey: .frames) {
      guard let parsed = FrameRanges(parsing: text) else {
        throw DecodingError.dataCorruptedError(forKey: .frames, in: container, debugDescription: "not ranges of frames")
      }
      frames = parsed
    }
  }

  private static func packName(
    _ text: String, _ key: CodingKeys, _ container: KeyedDecodingContainer<CodingKeys>
  ) throws -> PackName {
    guard let name = PackName(fileName: text + PackName.ending) else {
      throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "not the name of a pack")
    }
    return name
  }

  /// Encodes the keys that say something.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(at, forKey: .at)
    try container.encode(action, forKey: .action)
    try container.encode(result, forKey: .result)
    try container.encode(tool, forKey: .tool)
    try container.encode(seconds.rounded(toDecimals: 3), forKey: .seconds)
    try container.encodeIfPresent(point, forKey: .point)
    try container.encodeIfPresent(restoreSeconds?.rounded(toDecimals: 3), forKey: .restoreSeconds)
    try container.encodeIfPresent(ageSeconds, forKey: .ageSeconds)
    try container.encodeIfPresent(bytes, forKey: .bytes)
    if !probes.isEmpty { try container.encode(probes, forKey: .probes) }
    if !damage.isEmpty { try container.encode(damage, forKey: .damage) }
    if !obstacles.isEmpty { try container.encode(obstacles, forKey: .obstacles) }
    if !removed.isEmpty { try container.encode(removed.map(\.description), forKey: .removed) }
    try container.encodeIfPresent(made?.description, forKey: .made)
    if let pack {
      try container.encode(pack.description, forKey: .pack)
      try container.encode(frames.description, forKey: .frames)
    }
  }
}
