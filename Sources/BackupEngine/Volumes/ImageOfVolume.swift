import BackupModel
import BackupRepository
import HostSystem
import VolumeSnapshots

/// Archives the image of a volume from a snapshot: finds what changed since the last point, and reads that.
struct ImageOfVolume: Sendable {
  let host: VolumeHost
  let target: VolumeTarget
  let request: PointRequest

  /// What is read, and how it was found.
  private struct Found {
    var changes: ChangedBlocks.Outcome
    var base: RecoveryPoint?
    var chunkSize: ByteCount
  }

  /// Archives.
  ///
  /// - Parameter inventory: what there was when the snapshot was looked up, or right after it was made.
  /// - Returns: the point, and why the changes couldn't be found out if a tool or the pool is in the way: until somebody mends that, each
  ///   archive reads everything.
  /// - Throws: `VolumeError`; what the archive of an image throws.
  func archive(
    _ snapshot: VolumeSnapshot, in inventory: VolumeInventory, progress: ArchiveProgress
  ) async throws -> (point: RecoveryPoint, problem: VolumeError?) {
    let found = try await find(snapshot.name, in: inventory)
    let point = try await archive(snapshot, found, progress)
    return (point, found.changes.problem)
  }

  private func archive(
    _ snapshot: VolumeSnapshot, _ found: Found, _ progress: ArchiveProgress
  ) async throws -> RecoveryPoint {
    try await SnapshotActivation(tools: host.tools, sleep: host.sleep)
      .with(snapshot, leases: host.leases) { device in
        let isEncrypted = try Self.isEncrypted(device, found)
        guard isEncrypted, let key = target.key else {
          return try await archive(device, found, encryption: isEncrypted ? .closed : .none, nil, progress)
        }
        // Opening may write to a damaged header: never on the snapshot that is to be a base.
        return try await ThrowawaySnapshot(tools: host.tools, sleep: host.sleep).with(
          of: snapshot.name, run: host.run, at: host.clock.now(), leases: host.leases
        ) { throwaway in
          try await LUKSMappings(tools: host.tools, leases: host.leases).withMapping(
            of: throwaway, shown: target.volume.description,
            token: target.volume.mapperName, access: .readOnly, key: key
          ) { mapping in
            try await archive(mapping.path, plaintext(found, mapping), encryption: .opened, mapping.header, progress)
          }
        }
      }
  }

  // MARK: - What is to be read

  private func find(_ name: VolumeName, in inventory: VolumeInventory) async throws -> Found {
    try makeDirectory(host.directory)
    let snapshot = try LVMSnapshot(name, in: inventory)
    // A point that can't be read is reported by the archive itself.
    let newest = try request.store.latestGoodPoint { _, _ in }
    let base = newest.flatMap { point in point.volume?.snapshotIdentity.map { (point, $0) } }
    let holds = MetadataHolds(
      tools: host.tools, leases: host.leases, directory: PathBytes(path: host.directory), holder: host.holder)
    var changes = try await ChangedBlocks(holds: holds).find(
      snapshot, base: base?.1, found: try base.map { try Self.surroundings(of: $0.1, in: inventory) })
    try await check(snapshot, isStillThere: changes.identity)
    if inventory.hasExternalOrigin(name) {
      (changes.map, changes.isDifference) = (.allChanged(size: snapshot.size), false)
      changes.reason = "what it doesn't map itself is read from a volume outside of its pool"
    }
    return Found(
      changes: changes, base: changes.isDifference ? base?.0 : nil, chunkSize: ByteCount(snapshot.pool.chunkSize))
  }

  /// Whether what the pool said was said of this snapshot: its number may have gone to another one since LVM was asked.
  private func check(_ snapshot: LVMSnapshot, isStillThere identity: SnapshotIdentity?) async throws {
    guard let identity, identity.transaction != snapshot.transaction else { return }
    let now = try await InventoryReader(tools: host.tools).volume(snapshot.name)
    guard now?.uuid == snapshot.uuid, now?.thinID == snapshot.thinID else {
      throw VolumeError(
        .notFound, "cannot archive \(target.volume) from its snapshot \(snapshot.name): it is not there any more",
        hint: "see what there is with `backupctl snapshots list`; another run takes a new one")
    }
  }

  private static func surroundings(
    of base: SnapshotIdentity, in inventory: VolumeInventory
  ) throws -> BaseProof.Surroundings {
    let volume = inventory.volumeIfAny(base.name).map {
      BaseProof.Volume(uuid: $0.uuid, thinID: $0.thinID, size: $0.size.bytes, isOpen: $0.isOpen)
    }
    return BaseProof.Surroundings(volume: volume, groupSequence: try inventory.group(base.name.group).sequence)
  }

  /// Whether the volume begins with LUKS's signature: as the base did, where a difference says that the beginning is the same, so
  /// that an archive of what didn't change reads nothing.
  ///
  /// A damaged header counts too, and is archived as the ciphertext that it is: an image must not depend on what is in it.
  private static func isEncrypted(_ device: String, _ found: Found) throws -> Bool {
    if let base = found.base?.volume, let first = found.changes.map.ranges.first, first.state != .changed {
      return base.encryption != .none
    }
    let reader = DirectReader(try OpenFile.open(PathBytes(path: device), .readOwn))
    var beginning: [UInt8] = []
    _ = try reader.read(at: 0, count: LUKSHeader.beginningSize, appendingTo: &beginning)
    return LUKSHeader.begins(beginning)
  }

  /// The same seen through the mapping of an opened volume.
  private func plaintext(_ found: Found, _ mapping: LUKSMapping) -> Found {
    var found = found
    guard let identity = mapping.header.identity else {
      found.changes.map = .allChanged(size: mapping.size)
      found.changes.reason = "its LUKS header has a layout in which ranges can't be found again"
      found.base = nil
      return found
    }
    found.changes.map = found.changes.map.plaintext(of: identity.segment, size: mapping.size, unmapped: .isHole)
    if found.base != nil, let difference = identity.difference(from: found.base?.volume?.luks.map(LUKSIdentity.init)) {
      found.changes.reason = difference
      found.base = nil
    }
    return found
  }

  // MARK: - Reading

  private func archive(
    _ device: String, _ found: Found, encryption: RecoveryPoint.Volume.Encryption, _ header: LUKSHeader?,
    _ progress: ArchiveProgress
  ) async throws -> RecoveryPoint {
    var point = request
    point.consistency = target.hooks == nil ? .crash : .hook
    var volume = RecoveryPoint.Volume(
      group: target.volume.group, name: target.volume.volume, mode: .image,
      snapshot: found.changes.identity.map(RecoveryPoint.Volume.Snapshot.init), claim: target.recordedClaim,
      encryption: encryption)
    volume.luks = header?.identity?.recorded
    point.volume = volume
    let blockSize = try blockSize(found.chunkSize)
    var image = ImageArchive.Request(
      point, device: try OpenFile.open(PathBytes(path: device), .readOwn), map: found.changes.map,
      blockSize: blockSize)
    image.fullReason = found.changes.reason
    if let base = found.base, base.volume?.encryption == encryption {
      image.base = base.id
      // What didn't change at all isn't read at all; the comparison in full every so often looks at it.
      if found.changes.map.bytes(.changed) > 0 {
        image.audit = Array(
          AuditSample(
            of: found.changes.map, share: target.audit.fraction, blockSize: blockSize,
            using: SnapshotNumbers(found.changes.identity?.uuid ?? "")))
      }
      if try isTimeToCompare(base) {
        image.fullReason = "one point in \(target.compareInFull) compares everything"
      }
    } else if found.base != nil {
      image.fullReason = "the point before was made with another view of its encryption"
    }
    let request = image
    return try await withBlockingWork { cancellation in
      try ImageArchive(request, clock: host.clock).run(progress: progress, cancellation: cancellation)
    }
  }

  /// That of the newest image, so that blocks are found again; else the pool's chunk, within what serves well.
  private func blockSize(_ chunkSize: ByteCount) throws -> ByteCount {
    if let given = target.blockSize { return given }
    if let kept = try request.store.latestGoodPoint(unreadable: { _, _ in })?.volume?.blockSize {
      return ByteCount(kept)
    }
    return ImageArchive.defaultBlockSize(poolChunk: chunkSize)
  }

  /// Whether so many points in a row took over blocks that one must compare everything.
  private func isTimeToCompare(_ newest: RecoveryPoint) throws -> Bool {
    guard target.compareInFull > 0 else { return false }
    guard target.compareInFull > 1 else { return true }
    var count = 1
    for id in try request.store.pointIDs().reversed() {
      // A point that can't be read proves nothing: it ends the row as one that compared would, and is reported elsewhere.
      guard let point = try? request.store.point(id), point.volume?.read == .changed else { return false }
      count += 1
      if count >= target.compareInFull { return true }
    }
    return false
  }
}

extension VolumeInventory {
  /// Whether what a volume doesn't map is read from a volume that isn't in its pool (lvmthin(7), "External origins"): then unmapped doesn't
  /// mean zeros.
  fileprivate func hasExternalOrigin(_ name: VolumeName) -> Bool {
    var next = volumeIfAny(name)?.origin
    var seen: Set<VolumeName> = [name]
    while let origin = next, seen.insert(origin).inserted {
      guard let volume = volumeIfAny(origin) else { return true }
      next = volume.origin
    }
    return false
  }
}

/// Numbers that follow from a snapshot alone: a run that is repeated on it audits the same blocks (SplitMix64, Steele, Lea and
/// Flood 2014).
private struct SnapshotNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(_ text: String) {
    state = ChunkID(of: Array(text.utf8)).description.prefix(16).reduce(0) {
      $0 << 4 | UInt64($1.hexDigitValue ?? 0)
    }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}

extension LUKSIdentity {
  /// The identity as a point keeps it.
  fileprivate var recorded: RecoveryPoint.Volume.LUKS {
    RecoveryPoint.Volume.LUKS(
      uuid: uuid, offset: segment.offset, size: segment.size, sectorSize: segment.sectorSize,
      encryption: segment.encryption, vectorTweak: segment.vectorTweak, keyDigest: keyDigest)
  }

  fileprivate init(_ kept: RecoveryPoint.Volume.LUKS) {
    self.init(
      uuid: kept.uuid,
      segment: LUKSSegment(
        offset: kept.offset, size: kept.size, sectorSize: kept.sectorSize, encryption: kept.encryption,
        vectorTweak: kept.vectorTweak), keyDigest: kept.keyDigest)
  }
}
