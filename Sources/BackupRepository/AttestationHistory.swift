public import BackupModel

/// Which frames of which packs were verified when, and how the newest verification of each came out.
public struct AttestationHistory: Sendable {
  /// Consecutive frames with the same newest verification.
  public struct Segment: Hashable, Sendable {
    /// The frames.
    public var frames: Range<Int>
    /// When they were verified last; nil if never.
    public var verified: Timestamp?
    /// Whether they were damaged then.
    public var isDamaged: Bool
  }

  private var segments: [PackName: [Segment]] = [:]
  private var unreadable: Set<PackName> = []
  /// Whether the newest check of the structure found damage, or a repair after it couldn't save all of a pack.
  public private(set) var newestCheckFoundDamage = false

  /// Points that were taken away on purpose.
  public private(set) var forgottenPoints: Set<RecoveryPointID> = []
  /// Packs that were taken away on purpose.
  public private(set) var removedPacks: Set<PackName> = []
  /// Packs that can't be read and whose whole frames a repair copied into others.
  public private(set) var replacedPacks: Set<PackName> = []

  /// Nothing was ever verified.
  public init() {}

  /// Reads what attestations say; later ones count more than earlier ones about the same frames.
  public init(_ attestations: [Attestation]) {
    for attestation in attestations { record(attestation) }
  }

  /// Adds the newest attestation.
  public mutating func record(_ attestation: Attestation) {
    let isDamaged = attestation.result == .damaged
    switch attestation.action {
    case .check: newestCheckFoundDamage = isDamaged
    case .drill: break
    case .repair:
      guard let pack = attestation.pack else { return }
      replacedPacks.insert(pack)
      unreadable.remove(pack)
      segments[pack] = nil
      if isDamaged { newestCheckFoundDamage = true }
    case .forget:
      if let point = attestation.point { forgottenPoints.insert(point) }
    case .prune: removedPacks.formUnion(attestation.removed)
    case .verify:
      guard let pack = attestation.pack else { return }
      if attestation.frames.isEmpty {
        if isDamaged { unreadable.insert(pack) }
        return
      }
      unreadable.remove(pack)
      for range in attestation.frames.ranges {
        place(Segment(frames: range, verified: attestation.at, isDamaged: isDamaged), in: pack)
      }
    }
  }

  private mutating func place(_ new: Segment, in pack: PackName) {
    var result: [Segment] = []
    for old in segments[pack, default: []] {
      var before = old
      before.frames =
        old.frames.lowerBound..<max(old.frames.lowerBound, min(old.frames.upperBound, new.frames.lowerBound))
      var after = old
      after.frames =
        min(old.frames.upperBound, max(old.frames.lowerBound, new.frames.upperBound))..<old.frames.upperBound
      result += [before, after].filter { !$0.frames.isEmpty }
    }
    let position = result.firstIndex { $0.frames.lowerBound > new.frames.lowerBound } ?? result.count
    result.insert(new, at: position)
    segments[pack] = result
  }

  /// All frames of a pack in order, those that were never verified included.
  public func segments(of pack: PackName, frameCount: Int) -> [Segment] {
    var result: [Segment] = []
    var position = 0
    for segment in segments[pack, default: []] where segment.frames.lowerBound < frameCount {
      if segment.frames.lowerBound > position {
        result.append(Segment(frames: position..<segment.frames.lowerBound, verified: nil, isDamaged: false))
      }
      var segment = segment
      segment.frames = segment.frames.clamped(to: 0..<frameCount)
      result.append(segment)
      position = segment.frames.upperBound
    }
    if position < frameCount {
      result.append(Segment(frames: position..<frameCount, verified: nil, isDamaged: false))
    }
    return result
  }

  /// The frames whose newest verification found them damaged.
  public var damagedFrames: [PackName: FrameRanges] {
    var damaged: [PackName: FrameRanges] = [:]
    for (pack, segments) in segments {
      let numbers = segments.filter(\.isDamaged).flatMap { Array($0.frames) }
      if !numbers.isEmpty { damaged[pack] = FrameRanges(numbers) }
    }
    return damaged
  }

  /// Whether damage was found that no later look has found gone.
  public var knowsOfDamage: Bool {
    newestCheckFoundDamage || !unreadable.isEmpty || segments.values.contains { $0.contains(where: \.isDamaged) }
  }

  /// Damage that an earlier verification found and that nothing has found gone since.
  ///
  /// - Parameters:
  ///   - packs: the packs that exist; what is known of others is left out.
  ///   - found: damage that is known anyway; it isn't repeated.
  public func knownDamage(of source: SourceID, in packs: [PackName], besides found: [Damage]) -> [Damage] {
    packs.flatMap { pack in
      segments[pack, default: []].filter(\.isDamaged).flatMap { segment in
        segment.frames.map { ($0, segment.verified) }
      }.filter { frame, _ in
        !found.contains { $0.pack == pack && $0.frames.contains(frame) }
      }.map { frame, verified in
        Damage(
          ofFrame: frame, in: pack, of: source,
          "found at \(verified.map { $0.description } ?? "an unknown time"); `backupctl verify` reads it again")
      }
    }
  }
}
