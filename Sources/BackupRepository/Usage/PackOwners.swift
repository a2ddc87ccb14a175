import BackupArchive
import BackupModel

/// What the frames of one pack are needed by.
struct PackOwners: Sendable {
  /// Frames that the same points need.
  struct Share: Hashable, Sendable {
    /// The number of the set of points.
    let set: UInt32
    /// Whether a verification found them damaged.
    let isDamaged: Bool
  }

  /// The pack.
  let pack: PackName
  /// Bytes of the file.
  let fileBytes: Int64
  /// Compressed bytes of the frames, the closing one left out.
  let bytes: [Share: Int64]
  /// Bytes of the tables at its end.
  var tableBytes: Int64 { fileBytes - bytes.values.reduce(0, +) }

  /// What a prune would free of it at most: all of it if nothing in it is needed, else what isn't, if it is rewritten.
  ///
  /// - Parameters:
  ///   - isNeedless: of each set, whether none of its points is left.
  ///   - threshold: a pack of which a smaller share is needed is rewritten.
  func freedBytes(_ isNeedless: [Bool], threshold: Double) -> Int64 {
    var (live, dead, needsDamaged): (Int64, Int64, Bool) = (0, 0, false)
    for (share, bytes) in bytes {
      if isNeedless[Int(share.set)] {
        dead += bytes
      } else {
        live += bytes
        needsDamaged = needsDamaged || share.isDamaged
      }
    }
    if live == 0 { return fileBytes }
    return !needsDamaged && Double(live) / Double(live + dead) < threshold ? dead : 0
  }
}

/// Finds which points need the frames of each pack, as a prune does: of a chunk that several packs hold the copy in the newest pack counts
/// in which it isn't known to be damaged.
struct SourcePackOwners {
  /// What is known of the packs, oldest first.
  private(set) var packs: [PackOwners] = []
  /// Packs that can't be read, what their files take, and why.
  private(set) var unreadable: [(pack: PackName, bytes: Int64, error: any Error)] = []

  private struct Frames {
    var sets: [UInt32]
    var hasChunks: [Bool]
  }

  /// What frames are needed by that hold no chunk that a point needs.
  struct Members {
    /// The sets of the points that there are.
    let ofPoint: [RecoveryPointID: UInt32]
    /// The attempts whose packs the next archive goes on with.
    let unfinished: Set<RecoveryPointID>
    /// The set for what isn't a point.
    let pinned: UInt32
  }

  /// Examines all packs.
  ///
  /// - Parameter damaged: frames that a verification found damaged.
  init(
    of store: SourceStore, _ index: inout IndexOwners, _ members: Members, damaged: [PackName: FrameRanges]
  ) throws {
    let names = try store.packNames()
    var found: [PackName: Frames] = [:]
    for name in names.reversed() {
      do {
        found[name] = try Self.counted(name, of: store, damaged[name], nil, &index)
      } catch {
        // One that is gone by now takes nothing.
        let bytes = try? store.storage.open("\(store.packsPath)/\(name.fileName)").status().size
        unreadable.append((name, bytes ?? 0, error))
      }
    }
    // Damaged copies count only where there is no other.
    for name in names.reversed() where damaged[name] != nil {
      guard let first = found[name] else { continue }
      found[name] = try Self.counted(name, of: store, damaged[name], first, &index)
    }
    for name in names {
      guard let frames = found[name] else { continue }
      packs.append(try Self.owners(of: name, in: store, frames, members, damaged[name], &index))
    }
  }

  /// Counts the chunks of a pack: those in whole frames first, those in damaged ones in a second round.
  ///
  /// - Parameter first: what the first round found; nil if this is the first.
  private static func counted(
    _ name: PackName, of store: SourceStore, _ damaged: FrameRanges?, _ first: Frames?, _ index: inout IndexOwners
  ) throws -> Frames {
    let reader = try store.openPack(name)
    var frames =
      first
      ?? Frames(
        sets: Array(repeating: PointSets.empty, count: reader.frames.count),
        hasChunks: Array(repeating: false, count: reader.frames.count))
    try reader.forEachChunk { chunk in
      let frame = Int(chunk.frame)
      frames.hasChunks[frame] = true
      guard (damaged?.contains(frame) == true) == (first != nil), let set = index.count(chunk.id) else { return }
      frames.sets[frame] = index.union(frames.sets[frame], set)
    }
    return frames
  }

  private static func owners(
    of name: PackName, in store: SourceStore, _ frames: Frames, _ members: Members, _ damaged: FrameRanges?,
    _ index: inout IndexOwners
  ) throws -> PackOwners {
    let reader = try store.openPack(name)
    let last = reader.frames.count - 1
    var sets = frames.sets
    let runs = try reader.runs()
    for (first, next) in zip(runs, runs.dropFirst() + [last + 1]) {
      let run = first..<min(next, last)
      // Members without chunks are needed for extracting by `tar`. The rest of a run with chunks goes with the first of their frames.
      let set =
        run.filter { frames.hasChunks[$0] }.map { sets[$0] }.min { index.sets.size($0) < index.sets.size($1) }
        ?? members.ofPoint[name.point] ?? PointSets.empty
      for number in run where !frames.hasChunks[number] { sets[number] = set }
    }
    var bytes: [PackOwners.Share: Int64] = [:]
    for number in 0..<last {
      let isPinned = sets[number] == PointSets.empty && members.unfinished.contains(name.point)
      let share = PackOwners.Share(
        set: isPinned ? members.pinned : sets[number], isDamaged: damaged?.contains(number) == true)
      bytes[share, default: 0] += Int64(reader.frames[number].size)
    }
    return PackOwners(pack: name, fileBytes: reader.fileSize, bytes: bytes)
  }
}
