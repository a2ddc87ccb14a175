import BackupModel

/// What suggests, before anything is read, that chunks of a source are missing or damaged.
///
/// An archive that has no reason to doubt takes unchanged entries over without looking for their chunks. With a reason, it looks
/// for each of them, and reads the file again if one can't be had: so damage heals from the live source.
struct StoreSuspicion: Sendable {
  /// Whether there is a reason to doubt.
  var isFounded = false
  /// Frames that a verification found damaged.
  var damagedFrames: [PackName: FrameRanges] = [:]
  /// Packs that can't be read and that a repair replaced.
  var replacedPacks: Set<PackName> = []

  /// Gathers the reasons; costs the reading of a few names and of the attestations.
  ///
  /// - Parameter previous: the point that the archive continues from.
  init(_ store: SourceStore, previous: RecoveryPoint?) throws {
    let isMissing = try Self.isPackMissing(store, previous, besides: [])
    do {
      guard try isMissing || store.attestations.mentionsDamage() else { return }
      let history = AttestationHistory(try store.attestations.read().attestations)
      damagedFrames = history.damagedFrames
      replacedPacks = history.replacedPacks
      // What a prune took away isn't missing.
      isFounded =
        try history.knowsOfDamage
        || (isMissing && Self.isPackMissing(store, previous, besides: history.removedPacks))
    } catch {
      // What can't be read can't reassure; to doubt costs only time.
      isFounded = true
    }
  }

  /// Whether a number is missing among the packs of a point, or the previous point's packs aren't as large as it says.
  ///
  /// - Parameter removed: packs that were taken away on purpose.
  private static func isPackMissing(
    _ store: SourceStore, _ previous: RecoveryPoint?, besides removed: Set<PackName>
  ) throws -> Bool {
    var highest: [RecoveryPointID: Int] = [:]
    for name in try store.packNames() {
      for number in highest[name.point, default: 0] + 1..<name.number
      where !removed.contains(PackName(point: name.point, number: number)) { return true }
      highest[name.point] = name.number
    }
    guard let previous, !removed.contains(where: { $0.point == previous.id }) else { return false }
    let stored = try (0..<highest[previous.id, default: 0]).reduce(Int64(0)) { sum, number in
      let name = PackName(point: previous.id, number: number + 1)
      return sum + (try store.storage.open("\(store.packsPath)/\(name.fileName)").status().size)
    }
    // A checkpoint doesn't know yet what its attempt will have stored.
    return previous.statistics.storedBytes != 0 && stored != previous.statistics.storedBytes
  }
}
