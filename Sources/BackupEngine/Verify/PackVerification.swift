import BackupArchive
import BackupModel
public import BackupPolicy
public import BackupRepository
public import HostSystem

/// Reads the data of a source's packs and proves it: decompresses frames and hashes every chunk in them.
///
/// What was read when is remembered in the source's attestations, pack by pack, so that an interruption keeps what was done.
public struct PackVerification: Sendable {
  /// What is verified.
  public struct Request: Sendable {
    /// The source's store.
    public var store: SourceStore
    /// The share of all frames to read, those first whose verification is the longest ago; nil for all.
    public var sample: Percentage?
    /// Leaves out frames that were verified less than this long ago.
    public var olderThan: Duration?
    /// How many threads read, decompress and hash.
    public var threads = availableProcessors()
    /// What keeps reading within limits; nil if nothing does.
    public var pacer: Pacer?
    /// How many paths are named for each damage.
    public var pathLimit = 20
    /// Name and version of the program.
    public var tool: String

    /// Asks for all data of a source to be verified.
    public init(store: SourceStore, tool: String) {
      self.store = store
      self.tool = tool
    }
  }

  private let request: Request
  private let clock: any HostClock
  private var store: SourceStore { request.store }

  /// Prepares a verification.
  public init(_ request: Request, clock: any HostClock) {
    self.request = request
    self.clock = clock
  }

  /// Verifies on threads of its own and waits.
  ///
  /// Damage never stops the verification of the rest.
  /// - Throws: `CancellationError`, what was read until then being remembered; `RepositoryError` if the store can't be listed.
  public func run(progress: ArchiveProgress, cancellation: Cancellation) throws -> VerifyReport {
    let begun = clock.elapsed()
    var report = VerifyReport(source: store.source)
    let remembered = try store.attestations.read()
    report.notes += remembered.notes
    var history = AttestationHistory(remembered.attestations)
    let packs = try openPacks(&report, &history)
    let now = clock.now()
    let selection = VerifySelection(
      sample: request.sample, notSince: request.olderThan.map { now.adding(seconds: -$0.components.seconds) }, now: now)
    let sizes = packs.compactMap { pack in pack.reader.map { (pack.name, $0.frames.count) } }
    let chosen = selection.choose(among: sizes, history)
    for position in packs.indices {
      guard let reader = packs[position].reader, let frames = chosen[packs[position].name] else { continue }
      try verify(packs[position].name, reader, frames, &report, &history, progress, cancellation)
    }
    report.damage += history.knownDamage(of: store.source, in: packs.map(\.name), besides: report.damage)
    if !report.damage.isEmpty { try assess(packs, history, &report, cancellation) }
    summarize(sizes, history, &report)
    report.seconds = seconds(since: begun)
    return report
  }

  private func seconds(since begun: Duration) -> Double { (clock.elapsed() - begun).inSeconds }

  private func openPacks(
    _ report: inout VerifyReport, _ history: inout AttestationHistory
  ) throws -> [(name: PackName, reader: PackReader?)] {
    var packs: [(name: PackName, reader: PackReader?)] = []
    for name in try store.packNames() where !history.replacedPacks.contains(name) {
      do {
        packs.append((name, try store.openPack(name)))
      } catch {
        packs.append((name, nil))
        let damage = Damage(of: name, in: store.source, error)
        report.damage.append(damage)
        remember(name, FrameRanges(), damage: [damage], seconds: 0, &report, &history)
      }
    }
    return packs
  }

  private func verify(
    _ name: PackName, _ reader: PackReader, _ frames: FrameRanges, _ report: inout VerifyReport,
    _ history: inout AttestationHistory, _ progress: ArchiveProgress, _ cancellation: Cancellation
  ) throws {
    let begun = clock.elapsed()
    let firstDamage = report.damage.count
    var chunks = FrameChunks(frameCount: reader.frames.count)
    var isTableDamaged = false
    do {
      chunks = try FrameChunks(reader)
    } catch {
      // The frames' own checksums can be examined still.
      isTableDamaged = true
      report.damage.append(Damage(of: name, in: store.source, error))
    }
    let outcome = FramesVerification(
      reader, chosen: frames.numbers, chunks: chunks, progress: progress, pacer: request.pacer,
      cancellation: cancellation
    ).run(threads: request.threads)
    for (frame, cause) in outcome.damaged.sorted(by: { $0.frame < $1.frame }) {
      report.damage.append(Damage(ofFrame: frame, in: name, of: store.source, cause))
    }
    report.packs += 1
    report.frames += outcome.verified.count + outcome.damaged.count
    report.chunks += outcome.chunks
    report.contentBytes += ByteCount(outcome.contentBytes)
    report.storedBytes += ByteCount(outcome.storedBytes)
    let spent = seconds(since: begun)
    if !outcome.verified.isEmpty {
      remember(name, FrameRanges(outcome.verified), damage: [], seconds: spent, &report, &history)
    }
    let damage = Array(report.damage[firstDamage...])
    if !outcome.damaged.isEmpty {
      remember(
        name, FrameRanges(outcome.damaged.map(\.frame)), damage: damage, seconds: spent, &report, &history)
    }
    // Without frames: nothing of the pack can be relied on.
    if isTableDamaged { remember(name, FrameRanges(), damage: damage, seconds: spent, &report, &history) }
    if let failure = outcome.failure { throw failure }
    try cancellation.check()
  }

  private func remember(
    _ pack: PackName, _ frames: FrameRanges, damage: [Damage], seconds: Double, _ report: inout VerifyReport,
    _ history: inout AttestationHistory
  ) {
    var attestation = Attestation(
      at: clock.now(), action: .verify, result: damage.isEmpty ? .ok : .damaged, tool: request.tool, seconds: seconds)
    attestation.pack = pack
    attestation.frames = frames
    attestation.damage = damage.prefix(10).map { one in one.cause.map { "\(one.what): \($0)" } ?? one.what }
    history.record(attestation)
    do {
      try store.attestations.append(attestation)
    } catch {
      // The repository may be mounted read-only; what was found counts all the same.
      let note = "what was verified of \(store.source) is not remembered: \(error)"
      if !report.notes.contains(note) { report.notes.append(note) }
    }
  }

  private func assess(
    _ packs: [(name: PackName, reader: PackReader?)], _ history: AttestationHistory, _ report: inout VerifyReport,
    _ cancellation: Cancellation
  ) throws {
    var assessment = DamageAssessment(store, found: report.damage, pathLimit: request.pathLimit)
    try assessment.assess(packs: packs, replaced: history.replacedPacks, cancellation: cancellation)
    report.damage = assessment.damage
  }

  private func summarize(_ packs: [(PackName, Int)], _ history: AttestationHistory, _ report: inout VerifyReport) {
    for (name, frameCount) in packs {
      report.totalFrames += frameCount
      for segment in history.segments(of: name, frameCount: frameCount) {
        guard let verified = segment.verified else {
          report.neverVerifiedFrames += segment.frames.count
          continue
        }
        report.oldestVerification = min(report.oldestVerification ?? verified, verified)
      }
    }
  }
}
