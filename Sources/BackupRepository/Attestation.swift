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
  }

  /// How it came out.
  public enum Result: String, Codable, Hashable, Sendable {
    /// Everything was as it should be.
    case ok
    /// Damage was found.
    case damaged
  }

  /// When it was done.
  public var at: Timestamp
  /// What was done.
  public var action: Action
  /// How it came out.
  public var result: Result
  /// Name and version of the program.
  public var tool: String
  /// The pack that was read, for `verify`.
  public var pack: PackName?
  /// The frames that were read, for `verify`; empty if the pack couldn't even be opened.
  public var frames = FrameRanges()
  /// The point that was examined, for `check` and `drill`.
  public var point: RecoveryPointID?
  /// How long it took.
  public var seconds: Double
  /// What was found, in words.
  public var damage: [String] = []

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
    case at, action, result, tool, pack, frames, point, seconds, damage
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
    if let name = try container.decodeIfPresent(String.self, forKey: .pack) {
      guard let parsed = PackName(fileName: name + PackName.ending) else {
        throw DecodingError.dataCorruptedError(forKey: .pack, in: container, debugDescription: "not the name of a pack")
      }
      pack = parsed
    }
    if let text = try container.decodeIfPresent(String.self, forKey: .frames) {
      guard let parsed = FrameRanges(parsing: text) else {
        throw DecodingError.dataCorruptedError(forKey: .frames, in: container, debugDescription: "not ranges of frames")
      }
      frames = parsed
    }
  }

  /// Encodes the keys that say something.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(at, forKey: .at)
    try container.encode(action, forKey: .action)
    try container.encode(result, forKey: .result)
    try container.encode(tool, forKey: .tool)
    try container.encode((seconds * 1000).rounded() / 1000, forKey: .seconds)
    try container.encodeIfPresent(point, forKey: .point)
    if !damage.isEmpty { try container.encode(damage, forKey: .damage) }
    if let pack {
      try container.encode(pack.description, forKey: .pack)
      try container.encode(frames.description, forKey: .frames)
    }
  }
}
