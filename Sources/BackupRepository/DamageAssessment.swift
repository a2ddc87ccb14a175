public import BackupArchive
public import BackupModel
public import HostSystem

/// Names what damage costs: for each damage found in a source's packs the points and paths that can't be restored, and
/// what is lost beyond that.
///
/// Reads tables of contents, points and index blocks; no file data. Whatever it can't read is damage in the result and stops
/// nothing.
public struct DamageAssessment {
  /// What was found.
  public internal(set) var damage: [Damage]
  /// Points whose index was walked.
  public private(set) var pointCount = 0
  /// Different index blocks.
  public private(set) var blockCount = 0
  /// Entries in them.
  public private(set) var entryCount = 0
  /// Different chunks that can be had.
  public private(set) var chunkCount = 0

  private let store: SourceStore
  private let pathLimit: Int

  /// Begins with the damage that was found in packs so far.
  ///
  /// - Parameter pathLimit: how many paths are named for each damage.
  public init(_ store: SourceStore, found: [Damage], pathLimit: Int) {
    self.store = store
    self.pathLimit = pathLimit
    damage = found
  }

  /// Reads the points and walks their indexes.
  ///
  /// - Parameters:
  ///   - packs: the packs with their open readers, or nil where opening failed and is among the damage already.
  ///   - replaced: packs that can't be read and that a repair replaced; they are passed over.
  /// - Throws: `CancellationError`; ``RepositoryError`` if the store can't be listed.
  public mutating func assess(
    packs: [(name: PackName, reader: PackReader?)], replaced: Set<PackName>, cancellation: Cancellation
  ) throws {
    // Whatever a point of this list needs is in the packs that are listed after it, or was in the caller's.
    let roots = try roots()
    let stored = try storedChunks(packs + packsSince(replaced.union(packs.map(\.name))), cancellation)
    chunkCount = stored.count
    let survey = IndexSurvey(
      chunks: try store.chunkReader(keepsTables: false), stored: stored, pathLimit: pathLimit,
      cancellation: cancellation)
    for (id, root) in roots {
      try survey.survey(id, root)
      pointCount += 1
    }
    blockCount = survey.blockCount
    entryCount = survey.entryCount
    attribute(survey)
  }

  /// Packs that an archive or a prune published after the caller had listed them.
  private mutating func packsSince(_ known: Set<PackName>) throws -> [(name: PackName, reader: PackReader?)] {
    var packs: [(name: PackName, reader: PackReader?)] = []
    for name in try store.packNames() where !known.contains(name) {
      do {
        packs.append((name, try store.openPack(name)))
      } catch {
        addUnlessKnown(pack: name, error)
      }
    }
    return packs
  }

  private mutating func storedChunks(
    _ packs: [(name: PackName, reader: PackReader?)], _ cancellation: Cancellation
  ) throws -> StoredChunks {
    var byPack: [PackName: [(frames: FrameRanges, damage: Int)]] = [:]
    for (number, one) in damage.enumerated() {
      if let pack = one.pack, !one.frames.isEmpty { byPack[pack, default: []].append((one.frames, number)) }
    }
    var stored = StoredChunks()
    for (name, reader) in packs {
      try cancellation.check()
      guard let reader else { continue }
      let damaged = byPack[name] ?? []
      do {
        try reader.forEachChunk { chunk in
          let hit = damaged.isEmpty ? nil : damaged.first { $0.frames.contains(Int(chunk.frame)) }
          stored.add(chunk.id, damage: hit?.damage)
        }
      } catch {
        addUnlessKnown(pack: name, error)
      }
    }
    return stored
  }

  /// A table of contents that can't be read hides the whole pack, whoever found it first.
  private mutating func addUnlessKnown(pack: PackName, _ error: any Error) {
    guard !damage.contains(where: { $0.pack == pack && $0.frames.isEmpty }) else { return }
    damage.append(Damage(of: pack, in: store.source, error))
  }

  private mutating func roots() throws -> [(RecoveryPointID, IndexRoot)] {
    var roots: [(RecoveryPointID, IndexRoot)] = []
    for id in try store.pointIDs().reversed() {
      do {
        if let point = try store.pointIfThere(id) { roots.append((id, point.index)) }
      } catch let error as RepositoryError {
        var bad = Damage(source: store.source, what: error.message, cause: error.cause)
        bad.points = [id]
        damage.append(bad)
      }
    }
    for name in try store.checkpointNames() {
      guard let id = RecoveryPointID(parsing: name.dropLast(".checkpoint".count)) else { continue }
      do {
        guard let bytes = try store.storage.read("\(store.pointsPath)/\(name)", limit: PointFile.limit) else {
          continue
        }
        roots.append((id, try PointFile.decode(bytes, name: name).index))
      } catch let error as RepositoryError {
        damage.append(
          Damage(source: store.source, what: "the checkpoint \(name) is damaged: \(error.message)", cause: error.cause))
      }
    }
    return roots
  }

  private mutating func attribute(_ survey: IndexSurvey) {
    let unreadable = damage.indices.filter {
      damage[$0].pack != nil && damage[$0].frames.isEmpty && damage[$0].hidesChunks
    }
    for (fate, loss) in survey.losses {
      switch fate {
      case .stored: continue
      case .lost(let number): damage[number].add(loss)
      case .missing:
        if unreadable.count == 1 {
          damage[unreadable[0]].add(loss)
        } else {
          let names = unreadable.compactMap { damage[$0].pack?.description }
          var missing = Damage(
            source: store.source, what: "chunks that the index names are in no pack that can be read",
            cause: names.isEmpty ? "a pack is missing" : "unreadable packs: \(names.joined(separator: ", "))")
          missing.add(loss)
          damage.append(missing)
        }
      }
    }
    for (block, error, points) in survey.badBlocks {
      var bad = Damage(source: store.source, what: what(block), cause: "\(error)")
      bad.points = points
      bad.paths = [block.first ?? [0x2E]]
      damage.append(bad)
    }
  }

  private func what(_ block: IndexSurvey.BadBlock) -> String {
    guard let first = block.first else { return "an index can't be read: its root block is lost" }
    let range = block.next.map { "up to \($0.displayedPath)" } ?? "to its end"
    return "a part of an index can't be read: from \(first.displayedPath) \(range)"
  }
}

extension Damage {
  /// A pack that can't be read as a whole.
  public init(of pack: PackName, in source: SourceID, _ error: any Error) {
    let failure = error as? any Failure
    let message = failure?.message ?? "\(error)"
    let prefix = "cannot read pack \(pack)"
    self.init(
      source: source, what: message.hasPrefix(prefix) ? message : "\(prefix) of \(source): \(message)",
      cause: failure?.cause)
    self.pack = pack
    hidesChunks = true
  }

  mutating func add(_ loss: IndexSurvey.Loss) {
    points = loss.points
    paths = loss.paths
    entryCount = loss.entryCount
  }
}
