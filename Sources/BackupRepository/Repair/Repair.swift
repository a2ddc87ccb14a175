public import BackupModel
public import HostSystem

/// Makes the most of a damaged store, and only adds to it: no pack and no point is changed or removed.
///
/// - Of packs whose tables can't be used, all whole frames are copied into packs with right tables (``PackSalvage``).
/// - Chunks that points need and that no whole frame of the source holds are looked for in its trash and in the packs of all other sources.
/// - Points of which something is lost for good are marked with the list of it (``PartialPoint``).
///
/// What is still in the live source is stored anew by the next archive. A repair that was interrupted is simply begun anew.
public struct Repair: Sendable {
  /// A pack that can't be read.
  public struct Unreadable: Sendable {
    /// The pack.
    public let pack: PackName
    /// Why.
    public let why: String
    /// Whole frames that are in it.
    public let frames: Int
    /// Bytes of it that are no whole frame.
    public let lostBytes: Int64
    /// Whether all of its frames are there.
    public let isWhole: Bool
  }

  /// What was found and done.
  public struct Report: Sendable {
    /// Packs that couldn't be read and are replaced, or would be.
    public internal(set) var unreadable: [Unreadable] = []
    /// Packs that were made.
    public internal(set) var made: [PackName] = []
    /// Chunks that points need and that were in no whole frame of the source.
    public internal(set) var missingChunks = 0
    /// How many of them were found elsewhere.
    public internal(set) var foundChunks = 0
    /// Points of which something is lost, newest first.
    public internal(set) var partial: [(point: RecoveryPointID, loss: PartialPoint)] = []
    /// Points of which something was lost and all is there again.
    public internal(set) var restored: [RecoveryPointID] = []
    /// What couldn't be looked at, in words.
    public internal(set) var obstacles: [String] = []

    /// Whether everything that points need is there.
    public var isWhole: Bool { partial.isEmpty && obstacles.isEmpty }
  }

  private let repository: Repository
  private let store: SourceStore
  private let parameters: WriterParameters
  private let tool: String
  private let clock: any HostClock

  /// Prepares the repair of a source.
  ///
  /// - Parameters:
  ///   - parameters: how large new packs become.
  ///   - tool: name and version of the program, for the attestations.
  public init(
    _ repository: Repository, _ source: SourceID, parameters: WriterParameters = WriterParameters(), tool: String,
    clock: any HostClock
  ) {
    self.repository = repository
    store = repository.store(source)
    self.parameters = parameters
    self.tool = tool
    self.clock = clock
  }

  /// Finds what can't be read and what is missing, changing nothing.
  ///
  /// - Throws: ``RepositoryError``; `CancellationError`.
  public func plan(cancellation: Cancellation) throws -> Report {
    var report = Report()
    _ = try salvage(&report, cancellation)
    report.missingChunks = try MissingChunks(store, cancellation).chunks.count
    return report
  }

  /// Repairs. The caller holds the lock.
  ///
  /// - Throws: ``RepositoryError`` `writeFailed`, `readFailed`; `CancellationError`.
  public func run(_ lock: SourceLock, cancellation: Cancellation) throws -> Report {
    try store.removeUnfinished(lock)
    var report = Report()
    var names = try NewPackNames(store)
    let copy = try PackCopy(store, parameters) { names.next(after: $0) }
    do {
      let (salvage, findings) = try salvage(&report, cancellation)
      for finding in findings { try salvage.copy(finding, to: copy) }
      try copy.seal()
      for finding in findings { try attest(finding) }
      try salvageAgain(salvage, copy, cancellation)
      try findElsewhere(copy, &report, cancellation)
      report.made = copy.takeReplaced().compactMap(\.made)
      try mark(&report, lock, cancellation)
    } catch {
      // The first error is the one to tell; what is unfinished is removed by the next writer.
      try? copy.abandon()
      throw error
    }
    try store.protectFiles(lock)
    return report
  }

  // MARK: - Packs

  private func salvage(
    _ report: inout Report, _ cancellation: Cancellation
  ) throws -> (PackSalvage, [PackSalvage.Finding]) {
    let replaced = AttestationHistory(try store.attestations.read().attestations).replacedPacks
    let salvage = PackSalvage(
      store,
      blockSizes: Array(
        Set(
          try store.pointIDs().compactMap { id in
            // A point that can't be read has nothing to say.
            try? store.point(id).volume?.blockSize
          })))
    var findings: [PackSalvage.Finding] = []
    for name in try store.packNames() where !replaced.contains(name) {
      try cancellation.check()
      do {
        guard let damage = try tableDamage(of: name) else { continue }
        let finding = try salvage.examine(name, cancellation)
        findings.append(finding)
        report.unreadable.append(
          Unreadable(
            pack: name, why: "\(damage)", frames: finding.frameCount, lostBytes: finding.lostBytes,
            isWhole: finding.isWhole))
      } catch let error as RepositoryError where error.code == .readFailed {
        // What the disk doesn't give now it may give later: such a pack isn't replaced.
        report.obstacles.append(error.cause.map { "\(error.message) (\($0))" } ?? error.message)
      }
    }
    return (salvage, findings)
  }

  /// Why the tables of a pack can't be used; nil if they can.
  ///
  /// - Throws: ``RepositoryError`` `readFailed`.
  private func tableDamage(of name: PackName) throws -> (any Error)? {
    do {
      _ = try store.openPack(name).runs()
      return nil
    } catch let error as SystemError {
      throw RepositoryError.reading("pack \(name) of \(store.source)", error)
    } catch let error as RepositoryError where error.code == .readFailed {
      throw error
    } catch {
      return error
    }
  }

  /// Looks once more into packs that were replaced earlier: if what was made of them was lost since, they are the only copy.
  private func salvageAgain(_ salvage: PackSalvage, _ copy: PackCopy, _ cancellation: Cancellation) throws {
    let replaced = AttestationHistory(try store.attestations.read().attestations).replacedPacks
    let there = try store.packNames().filter(replaced.contains)
    guard !there.isEmpty else { return }
    let missing = try MissingChunks(store, cancellation).chunks
    guard !missing.isEmpty else { return }
    for name in there { try salvage.copy(try salvage.examine(name, cancellation), with: missing, to: copy) }
    try copy.seal()
  }

  private func attest(_ finding: PackSalvage.Finding) throws {
    var attestation = Attestation(
      at: clock.now(), action: .repair, result: finding.isWhole ? .ok : .damaged, tool: tool, seconds: 0)
    attestation.pack = finding.pack
    if !finding.isWhole { attestation.damage = ["\(finding.lostBytes) bytes hold no whole frame"] }
    try store.attestations.append(attestation)
  }

  // MARK: - Chunks

  private func findElsewhere(_ copy: PackCopy, _ report: inout Report, _ cancellation: Cancellation) throws {
    guard let neighbour = try store.packNames().last ?? store.pointIDs().last.map({ PackName(point: $0, number: 1) })
    else { return }
    var unfound: Set<ChunkID> = []
    // What is found may be a block of an index, which names more.
    while true {
      let missing = try MissingChunks(store, cancellation).chunks.subtracting(unfound)
      guard !missing.isEmpty else { break }
      report.missingChunks += missing.count
      var found: Set<ChunkID> = []
      try OtherCopies(repository, besides: store, cancellation).forEach(of: missing) { id, bytes in
        guard found.insert(id).inserted else { return }
        try copy.append(id, bytes, after: neighbour)
      }
      try copy.seal()
      report.foundChunks += found.count
      unfound.formUnion(missing.subtracting(found))
      guard !found.isEmpty else { break }
    }
  }

  // MARK: - Points

  private func mark(_ report: inout Report, _ lock: SourceLock, _ cancellation: Cancellation) throws {
    let stored = try MissingChunks.stored(in: store, cancellation)
    let chunks = try store.chunkReader(keepsTables: true)
    let marked = try store.partialPoints()
    var points: [(id: RecoveryPointID, index: IndexRoot)] = []
    for id in try store.pointIDs().reversed() {
      do {
        points.append((id, try store.point(id).index))
      } catch let error as RepositoryError where error.code == .damaged {
        report.obstacles.append(error.message)
      }
    }
    let all = IndexSurvey(chunks: chunks, stored: stored, pathLimit: 1, cancellation: cancellation)
    for point in points { try all.survey(point.id, point.index) }
    let affected = Set(
      all.losses.filter { $0.key != .stored }.flatMap(\.value.points) + all.badBlocks.flatMap(\.points))
    for (id, index) in points {
      guard affected.contains(id) else {
        if marked.contains(id) {
          try store.unmark(id, lock)
          report.restored.append(id)
        }
        continue
      }
      let survey = IndexSurvey(
        chunks: chunks, stored: stored, pathLimit: PartialPoint.mostPaths, cancellation: cancellation)
      try survey.survey(id, index)
      let loss = PartialPoint(survey, at: clock.now(), tool: tool)
      try store.mark(id, loss, lock)
      report.partial.append((id, loss))
    }
  }
}

extension PartialPoint {
  /// What a survey of one point found to be lost.
  init(_ survey: IndexSurvey, at: Timestamp, tool: String) {
    let losses = survey.losses.filter { $0.key != .stored }.map(\.value)
    let paths = Set(losses.flatMap(\.paths))
    // An entry that lost chunks for two reasons is there twice; the list tells as long as it is whole.
    let count = losses.reduce(0) { $0 + $1.entryCount }
    self.init(
      at: at, tool: tool, entryCount: paths.count < Self.mostPaths ? paths.count : count,
      paths: paths.sorted { comparePaths($0[...], $1[...]) < 0 }.prefix(Self.mostPaths).map(\.displayedPath),
      lostParts: survey.badBlocks.map { bad in
        let first = bad.block.first?.displayedPath ?? "."
        return bad.block.next.map { "from \(first) up to \($0.displayedPath)" } ?? "from \(first) to its end"
      })
  }
}
