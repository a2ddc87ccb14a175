import BackupArchive
import BackupModel

/// How much of a pack is still needed.
public struct PackUse: Hashable, Sendable {
  /// The pack.
  public let pack: PackName
  /// Bytes of the file.
  public let fileBytes: Int64
  /// Frames that hold something that is needed, the closing one left out.
  public let liveFrames: FrameRanges
  /// Compressed bytes of these frames.
  public let liveBytes: Int64
  /// Compressed bytes of the other ones: what rewriting it would free, about.
  public let deadBytes: Int64
  /// Whether one of the frames that are needed is known to be damaged.
  public let needsDamaged: Bool

  /// The share of the frames that is needed, 0 to 1. Tables don't count: a new pack has them too.
  public var liveShare: Double { deadBytes > 0 ? Double(liveBytes) / Double(liveBytes + deadBytes) : 1 }
}

/// Finds how much of each pack of a source is needed.
///
/// A chunk that several packs hold is needed from one of them only: the newest in which it isn't known to be damaged. So what an
/// interrupted prune copied counts for the copy, and the old pack becomes dead.
struct PackUsage {
  /// What is known of the packs, oldest first.
  private(set) var packs: [PackUse] = []
  /// Packs that can't be read, and why; nobody knows what is in them.
  private(set) var unreadable: [(pack: PackName, error: any Error)] = []
  /// How many needed chunks no readable pack holds.
  private(set) var missing = 0

  private struct Frames {
    var live: [Bool]
    /// Whether a frame holds chunks, or members without any only, such as directories.
    var hasChunks: [Bool]
  }

  /// Examines all packs.
  ///
  /// - Parameters:
  ///   - live: what is needed.
  ///   - existing: the points that there are: members without chunks in their packs are needed for extracting by `tar`.
  ///   - damaged: frames that a verification found damaged.
  ///   - replaced: packs that can't be read, and that a repair replaced.
  init(
    of store: SourceStore, live: LiveChunks, existing: Set<RecoveryPointID>, damaged: [PackName: FrameRanges],
    replaced: Set<PackName>
  ) throws {
    let names = try store.packNames()
    var frames: [PackName: Frames] = [:]
    var claimed = KnownChunks(capacity: live.count)
    // Damaged copies count only where there is no other: those are told apart in a second round.
    for isSecond in damaged.isEmpty ? [false] : [false, true] {
      for name in names.reversed() where !isSecond || damaged[name] != nil {
        do {
          let reader = try store.openPack(name)
          var use =
            frames[name]
            ?? Frames(
              live: Array(repeating: false, count: reader.frames.count),
              hasChunks: Array(repeating: false, count: reader.frames.count))
          try reader.forEachChunk { chunk in
            let frame = Int(chunk.frame)
            use.hasChunks[frame] = true
            let isDamaged = damaged[name]?.contains(frame) == true
            guard isDamaged == isSecond, live.chunks.contains(chunk.id), claimed.insert(chunk.id) else { return }
            use.live[frame] = true
          }
          frames[name] = use
        } catch {
          if !isSecond, !replaced.contains(name) { unreadable.append((name, error)) }
        }
      }
    }
    missing = live.count - claimed.count
    for name in names {
      guard let use = frames[name] else { continue }
      let reader = try store.openPack(name)
      let live = try Self.neededFrames(
        of: reader, use, needsAllMembers: existing.contains(name.point), damaged: damaged[name])
      let (liveBytes, allBytes) = reader.frames.dropLast().indices.reduce((Int64(0), Int64(0))) { sums, number in
        let size = Int64(reader.frames[number].size)
        return (sums.0 + (live[number] ? size : 0), sums.1 + size)
      }
      packs.append(
        PackUse(
          pack: name, fileBytes: reader.fileSize, liveFrames: FrameRanges(live.indices.filter { live[$0] }),
          liveBytes: liveBytes, deadBytes: allBytes - liveBytes,
          needsDamaged: live.indices.contains { live[$0] && damaged[name]?.contains($0) == true }))
    }
    // All that is whole in them was copied. But if that is missing since, or damaged, they may have the only copy.
    guard missing == 0, !packs.contains(where: \.needsDamaged) else { return }
    for name in names where replaced.contains(name) && frames[name] == nil {
      let size = try store.storage.open("\(store.packsPath)/\(name.fileName)").status().size
      packs.append(
        PackUse(
          pack: name, fileBytes: size, liveFrames: FrameRanges(), liveBytes: 0, deadBytes: size, needsDamaged: false))
    }
  }

  /// Which frames are needed: a run of which all chunks are, as a whole; of others only the frames with such chunks; members without
  /// chunks if their point is there.
  private static func neededFrames(
    of reader: PackReader, _ use: Frames, needsAllMembers: Bool, damaged: FrameRanges?
  ) throws -> [Bool] {
    var live = use.live
    live[live.count - 1] = false
    let runs = try reader.runs()
    for (first, next) in zip(runs, runs.dropFirst() + [reader.frames.count]) {
      let run = first..<min(next, reader.frames.count - 1)
      let withChunks = run.filter { use.hasChunks[$0] }
      if withChunks.isEmpty ? needsAllMembers : withChunks.allSatisfy({ use.live[$0] }) {
        // Members without chunks in a damaged frame are of no use to anybody.
        for number in run where damaged?.contains(number) != true { live[number] = true }
      }
    }
    return live
  }
}
