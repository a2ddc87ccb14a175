import BackupArchive
public import BackupModel
public import HostSystem

/// Checks the structure of a repository: points, indexes, packs and their tables. Reads no file data.
///
/// Damage never stops the check of the rest.
public struct RepositoryCheck: Sendable {
  private let repository: Repository
  private let clock: any HostClock
  private let tool: String
  private let pathLimit: Int

  /// Prepares a check.
  ///
  /// - Parameters:
  ///   - tool: name and version of the program, for the attestations.
  ///   - pathLimit: how many paths are named for each damage.
  public init(_ repository: Repository, clock: any HostClock, tool: String, pathLimit: Int = 20) {
    self.repository = repository
    self.clock = clock
    self.tool = tool
    self.pathLimit = pathLimit
  }

  /// Checks sources, and remembers the result in the attestations of each.
  ///
  /// - Parameter sources: nil for all of the repository.
  /// - Throws: `CancellationError`; ``RepositoryError`` if the repository can't be listed.
  public func run(_ sources: [SourceID]? = nil, cancellation: Cancellation) throws -> CheckReport {
    let begun = clock.elapsed()
    var report = CheckReport()
    if sources == nil { report.notes += try strangers(in: "", expected: Self.topNames) }
    for source in try sources ?? repository.sources() {
      report.sources.append(source)
      try check(repository.store(source), &report, cancellation)
    }
    report.seconds = seconds(since: begun)
    return report
  }

  private static let topNames: Set<String> = [
    "repository.json", "README.txt", "rescue.py", "sources", Reserve.path, "lost+found",
  ]

  private func seconds(since begun: Duration) -> Double { (clock.elapsed() - begun).inSeconds }

  private func check(_ store: SourceStore, _ report: inout CheckReport, _ cancellation: Cancellation) throws {
    let begun = clock.elapsed()
    let remembered = try store.attestations.read()
    report.notes += remembered.notes
    let history = AttestationHistory(remembered.attestations)
    report.notes += try strangers(in: store) + packsWithoutPoint(store, besides: history.forgottenPoints)

    let examination = PackExamination(store: store, cancellation: cancellation)
    var found: [Damage] = []
    var packs: [(name: PackName, reader: PackReader?)] = []
    for name in try store.packNames() {
      if history.replacedPacks.contains(name) {
        report.notes.append(
          "\(store.source) has a pack that can't be read, \(name); a repair replaced it, and a prune removes it if nothing is missing"
        )
        continue
      }
      let outcome = try examination.examine(name)
      packs.append((name, outcome.reader))
      found += outcome.damage
      report.packs += 1
      report.frames += outcome.reader?.frames.count ?? 0
    }
    found += history.knownDamage(of: store.source, in: packs.map(\.name), besides: found)
    var assessment = DamageAssessment(store, found: found, pathLimit: pathLimit)
    try assessment.assess(packs: packs, replaced: history.replacedPacks, cancellation: cancellation)
    report.points += assessment.pointCount
    report.blocks += assessment.blockCount
    report.entries += assessment.entryCount
    report.chunks += assessment.chunkCount
    report.damage += assessment.damage
    try attest(assessment.damage, store, since: begun, &report)
  }

  /// One line for the newest point with the result for the source, preceded by one for each other point that lost something.
  private func attest(
    _ damage: [Damage], _ store: SourceStore, since begun: Duration, _ report: inout CheckReport
  ) throws {
    guard let newest = try store.pointIDs().last else { return }
    var words: [RecoveryPointID: [String]] = [:]
    for one in damage {
      for point in one.points { words[point, default: []].append(one.what) }
    }
    var lines = words.keys.filter { $0 != newest }.sorted().map { ($0, words[$0] ?? []) }
    lines.append((newest, damage.map(\.what)))
    for (point, texts) in lines {
      var attestation = Attestation(
        at: clock.now(), action: .check, result: texts.isEmpty ? .ok : .damaged, tool: tool,
        seconds: seconds(since: begun))
      attestation.point = point
      attestation.damage = Array(texts.prefix(10))
      do {
        try store.attestations.append(attestation)
      } catch let error as RepositoryError {
        report.notes.append("the result for \(store.source) is not remembered: \(error)")
        return
      }
    }
  }

  // MARK: - Files that nobody knows

  /// Packs whose point isn't there. An interrupted archive leaves them and the next one uses them; but it is also the only
  /// trace of a point whose file was deleted.
  private func packsWithoutPoint(_ store: SourceStore, besides forgotten: Set<RecoveryPointID>) throws -> [String] {
    let points = Set(try store.pointIDs())
    let checkpoints = Set(try store.checkpointNames())
    let orphans = Set(try store.packNames().map(\.point)).filter {
      !points.contains($0) && !forgotten.contains($0) && !checkpoints.contains("\($0).checkpoint")
    }
    return orphans.sorted().map {
      "\(store.source) has packs of \($0) but no such point: its archive was interrupted, or the point's file is lost"
    }
  }

  private func strangers(in store: SourceStore) throws -> [String] {
    try strangers(in: store.path, expected: SourceID.reservedComponents, ignoresDirectories: true)
      + strangers(in: store.pointsPath) { name in
        (name.hasSuffix(".json") && RecoveryPointID(parsing: name.dropLast(5)) != nil)
          || (name.hasSuffix(".checkpoint") && RecoveryPointID(parsing: name.dropLast(11)) != nil)
          || [SourceStore.holdEnding, SourceStore.partialEnding].contains { ending in
            name.hasSuffix(ending) && RecoveryPointID(parsing: name.dropLast(ending.count)) != nil
          }
      }
      + strangers(in: store.packsPath) { PackName(fileName: $0) != nil }
  }

  private func strangers(
    in directory: String, expected: Set<String>, ignoresDirectories: Bool = false
  ) throws -> [String] {
    try strangers(in: directory) { name in
      // A directory in a store may be a source of its own, whose name continues this one's.
      if expected.contains(name) { return true }
      return try ignoresDirectories && repository.storage.list("\(directory)/\(name)") != nil
    }
  }

  private func strangers(in directory: String, isKnown: (String) throws -> Bool) throws -> [String] {
    var notes: [String] = []
    for name in try repository.storage.list(directory) ?? [] where try !isKnown(name) {
      let path = directory.isEmpty ? name : "\(directory)/\(name)"
      notes.append(
        name.hasSuffix(".part")
          ? "\(path) was left unfinished by an interruption; the next archive removes it"
          : "\(path) is not a file of a repository")
    }
    return notes
  }
}
