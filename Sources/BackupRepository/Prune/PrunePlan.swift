public import BackupModel

/// What a prune would do to the packs of a source.
public struct PrunePlan: Sendable {
  /// What decides.
  public struct Rules: Hashable, Sendable {
    /// Packs of which a smaller share is needed are rewritten, 0 to 1.
    public var threshold: Double
    /// So much is copied at most, but at least one pack; what gains most for its bytes comes first.
    public var mostCopied: ByteCount
    /// What was taken out of use stays so long, for readers that began before.
    public var grace: Duration

    /// The defaults: 70 %, 100 GiB, a day.
    public init(
      threshold: Double = 0.7, mostCopied: ByteCount = .gibibytes(100), grace: Duration = .seconds(86_400)
    ) {
      self.threshold = threshold
      self.mostCopied = mostCopied
      self.grace = grace
    }
  }

  /// Packs of which nothing is needed.
  public let dead: [PackUse]
  /// Packs that are rewritten, in the order in which they are.
  public let rewritten: [PackUse]
  /// Packs below the threshold that are left to the next prune.
  public let postponed: [PackUse]
  /// Packs that stay.
  public let kept: [PackUse]
  /// Packs that can't be read; they stay.
  public let unreadable: [(pack: PackName, error: any Error)]
  /// How many chunks that points need no readable pack holds.
  public let missingChunks: Int

  /// Bytes that are free once everything is done and the grace has passed.
  public var freedBytes: Int64 {
    dead.reduce(0) { $0 + $1.fileBytes } + rewritten.reduce(0) { $0 + $1.deadBytes }
  }
  /// Bytes that are copied.
  public var copiedBytes: Int64 { rewritten.reduce(0) { $0 + $1.liveBytes } }
  /// Whether there is nothing to do.
  public var isEmpty: Bool { dead.isEmpty && rewritten.isEmpty }

  /// Decides.
  ///
  /// - Parameter unfinished: the attempts whose packs the next archive goes on with; they stay.
  init(_ usage: PackUsage, unfinished: Set<RecoveryPointID>, _ rules: Rules) {
    unreadable = usage.unreadable
    missingChunks = usage.missing
    var (dead, candidates, kept): ([PackUse], [PackUse], [PackUse]) = ([], [], [])
    for use in usage.packs {
      if unfinished.contains(use.pack.point) {
        kept.append(use)
      } else if use.liveFrames.isEmpty {
        dead.append(use)
      } else if use.liveShare < rules.threshold, !use.needsDamaged {
        // A copy of what is damaged would be damaged, too, and no attestation would say so.
        candidates.append(use)
      } else {
        kept.append(use)
      }
    }
    candidates.sort { ($0.liveShare, $0.pack) < ($1.liveShare, $1.pack) }
    var left = rules.mostCopied.bytes
    var (rewritten, postponed): ([PackUse], [PackUse]) = ([], [])
    for use in candidates {
      if use.liveBytes <= left || rewritten.isEmpty {
        left -= use.liveBytes
        rewritten.append(use)
      } else {
        postponed.append(use)
      }
    }
    (self.dead, self.rewritten, self.postponed, self.kept) = (dead, rewritten, postponed, kept)
  }
}
