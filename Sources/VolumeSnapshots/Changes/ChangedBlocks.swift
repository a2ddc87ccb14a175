import BackupModel

/// Finds what is to be read of a snapshot: its difference from a proved base, or else everything that is mapped.
public struct ChangedBlocks: Sendable {
  /// What was found.
  public struct Outcome: Hashable, Sendable {
    /// What is known of each byte; an empty difference has no `changed` bytes.
    public var map: BlockMap
    /// The snapshot's identity, for the point and as the next base; nil if the pool's metadata couldn't be read.
    public var identity: SnapshotIdentity?
    /// Whether the map is a difference from the base.
    public var isDifference: Bool
    /// Why it isn't although a base was given, or why even the mapped blocks aren't known; a clause.
    public var reason: String?
    /// The reason's name if the base is void.
    public var void: BaseProof.Reason?
    /// The error behind the reason, if it was one.
    public var problem: VolumeError?
  }

  private let holds: MetadataHolds

  /// Prepares to look.
  public init(holds: MetadataHolds) { self.holds = holds }

  /// Finds what is to be read of a snapshot.
  ///
  /// Holds the pool's metadata once. Whatever is doubtful ends in more being read, with the reason: a base that isn't
  /// proved or a difference that contradicts itself in all mapped blocks as `changed`; metadata that can't be read
  /// (a foreign hold, an unsupported version of the tools) in all blocks as `changed`.
  /// - Parameters:
  ///   - snapshot: what is to be read, which must not have been written to.
  ///   - base: the snapshot from which the last point was read; nil for a comparison in full.
  ///   - found: what LVM says now of the base; needed with one.
  /// - Throws: ``VolumeError`` `notFound` if the snapshot vanished; `CancellationError`.
  public func find(
    _ snapshot: LVMSnapshot, base: SnapshotIdentity?, found: BaseProof.Surroundings?
  ) async throws -> Outcome {
    do {
      try await ThinTools.check([.dump, .delta], of: holds.tools)
      return try await holds.with(snapshot.pool) { metadata in
        let devices = try await metadata.devices()
        let identity = try snapshot.identity(in: devices)
        var outcome = Outcome(map: .allChanged(size: snapshot.size), identity: identity, isDifference: false)
        if let base {
          let found = found ?? .init(volume: nil, groupSequence: snapshot.groupSequence)
          try await Self.difference(&outcome, identity, base, found, devices, metadata)
        }
        if !outcome.isDifference {
          outcome.map = try await metadata.mapping(of: snapshot.thinID).map(size: snapshot.size)
        }
        return outcome
      }
    } catch let error as VolumeError where error.code == .notFound {
      throw error
    } catch let error as any Failure {
      return Outcome(
        map: .allChanged(size: snapshot.size), identity: nil, isDifference: false, reason: error.message,
        problem: VolumeError(error))
    }
  }

  /// Puts the difference into the outcome if the base is proved, or else why not.
  private static func difference(
    _ outcome: inout Outcome, _ identity: SnapshotIdentity, _ base: SnapshotIdentity,
    _ found: BaseProof.Surroundings, _ devices: [Int: ThinDevice], _ metadata: ThinMetadata
  ) async throws {
    do {
      var proof = BaseProof.examine(base, current: identity, found: found, devices: devices)
      if proof == .proved { proof = BaseProof.examine(try await metadata.mapping(of: base.thinID)) }
      if case .void(let reason) = proof {
        outcome.void = reason
        outcome.reason = reason.clause(base: base)
        return
      }
      let difference = try await metadata.difference(from: base.thinID, to: identity.thinID)
      if let contradiction = contradiction(difference, devices) {
        outcome.reason = contradiction
        return
      }
      outcome.map = difference.map(size: identity.size, baseSize: base.size)
      outcome.isDifference = true
    } catch let error as any Failure {
      outcome.reason = error.message
      outcome.problem = VolumeError(error)
    }
  }

  /// thin_delta must have listed as many blocks of each device as the pool counts, so that one which leaves out blocks, as
  /// versions before 0.7.4 did, is noticed.
  private static func contradiction(_ difference: ThinDifference, _ devices: [Int: ThinDevice]) -> String? {
    for (id, listed) in [(difference.leftID, difference.leftBlocks), (difference.rightID, difference.rightBlocks)] {
      let mapped = devices[id]?.mappedBlocks ?? 0
      if mapped != listed {
        return "thin_delta lists \(listed) blocks of thin device \(id), of which the pool counts \(mapped)"
      }
    }
    return nil
  }
}

extension VolumeError {
  /// The error itself, or one that says the same as another module's.
  fileprivate init(_ error: any Failure) {
    if let error = error as? VolumeError {
      self = error
    } else {
      self.init(
        error.category == .toolMissing ? .unsupportedVersion : .toolFailed, error.message, cause: error.cause,
        hint: error.hint)
    }
  }
}
