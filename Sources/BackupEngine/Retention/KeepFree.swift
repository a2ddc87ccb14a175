public import BackupModel
public import BackupPolicy

/// Which points go beyond those that the rules drop, so that a disk has as much free as is wanted.
///
/// The oldest points go first, whatever their source, until a prune is expected to free enough; points that floors keep never go. Of
/// those chosen the ones that stay after all, newest first, without which enough is freed as well: mostly points that share all they
/// need with others. What lies in the trash, and what the rules drop, is counted as free, since it will be.
public struct KeepFree: Sendable {
  /// The disk that holds the repository.
  public struct Disk: Hashable, Sendable {
    /// Bytes that can be written now.
    public var free: ByteCount
    /// Bytes of the file system.
    public var total: ByteCount
    /// Bytes in the trash of the sources.
    public var trash: ByteCount

    /// Describes a disk.
    public init(free: ByteCount, total: ByteCount, trash: ByteCount) {
      self.free = free
      self.total = total
      self.trash = trash
    }
  }

  /// The plans, with the points that go beyond the rules.
  public let plans: [PointRetention]
  /// How much is to be free.
  public let goal: FreeSpaceGoal
  /// The disk as it is.
  public let disk: Disk
  /// Bytes that will be free once the rules' points and the trash are pruned.
  public let expectedByRules: ByteCount
  /// Bytes that will be free once all that goes is pruned and the grace has passed.
  public let expected: ByteCount
  /// Sources of which nothing can be freed, since it isn't known what their points need.
  public let unknown: [SourceID]

  /// Bytes that are to be free.
  public var wanted: ByteCount { goal.bytes(of: disk.total) }
  /// Bytes that will be missing although everything goes that may; nil if there will be enough.
  public var missing: ByteCount? { expected < wanted ? ByteCount(wanted.bytes - expected.bytes) : nil }
  /// How many points go beyond those that the rules drop.
  public var pointCount: Int { plans.reduce(0) { $0 + $1.verdicts.count { $0.because != nil } } }

  private struct Candidate {
    let plan: Int
    let id: RecoveryPointID
  }

  /// Decides.
  ///
  /// - Parameters:
  ///   - plans: what rules and floors say.
  ///   - freed: what a prune of a source frees if these points are forgotten; nil if that isn't known.
  /// - Throws: what `freed` throws.
  public init(
    _ goal: FreeSpaceGoal, _ plans: [PointRetention], on disk: Disk,
    freed: (SourceID, [RecoveryPointID]) throws -> ByteCount?
  ) rethrows {
    self.goal = goal
    self.disk = disk
    let wanted = goal.bytes(of: disk.total)
    let present = disk.free + disk.trash
    guard present < wanted else {
      // There is enough: nobody need know what the rules free.
      (self.plans, expected, expectedByRules, unknown) = (plans, present, present, [])
      return
    }
    var dropped = plans.map(\.dropped)
    var gains: [Int64] = []
    var unknown: [SourceID] = []
    for (number, plan) in plans.enumerated() {
      let gain = try freed(plan.source, dropped[number])
      if gain == nil { unknown.append(plan.source) }
      gains.append(gain?.bytes ?? 0)
    }
    func sum() -> Int64 { present.bytes + gains.reduce(0, +) }
    expectedByRules = ByteCount(sum())
    var candidates = plans.enumerated().filter { !unknown.contains($1.source) }
      .flatMap { number, plan in
        plan.verdicts.filter { $0.isKept && !$0.isFloor }.map { Candidate(plan: number, id: $0.fact.id) }
      }
      .sorted { ($0.id, $0.plan) < ($1.id, $1.plan) }
    var chosen: [Candidate] = []
    while sum() < wanted.bytes, !candidates.isEmpty {
      let next = candidates.removeFirst()
      chosen.append(next)
      dropped[next.plan].append(next.id)
      gains[next.plan] = try freed(plans[next.plan].source, dropped[next.plan])?.bytes ?? 0
    }
    let reached = min(wanted.bytes, sum())
    for candidate in chosen.reversed() {
      let without = dropped[candidate.plan].filter { $0 != candidate.id }
      let gain = try freed(plans[candidate.plan].source, without)?.bytes ?? 0
      guard sum() - gains[candidate.plan] + gain >= reached else { continue }
      (dropped[candidate.plan], gains[candidate.plan]) = (without, gain)
      chosen.removeAll { $0.plan == candidate.plan && $0.id == candidate.id }
    }
    let because = "keep-free: the disk has \(goal.text(free: disk.free, of: disk.total)) of the wanted \(goal)"
    self.plans = plans.enumerated().map { number, plan in
      plan.dropping(Set(chosen.filter { $0.plan == number }.map(\.id)), because: because)
    }
    self.unknown = unknown
    expected = ByteCount(sum())
  }

  /// What keeps points although the disk would need their room; lines for a person.
  public var obstacles: [String] {
    var lines = unknown.map { "\($0): it isn't known what its points need: run `backupctl check \($0.name)`" }
    var others = 0
    for plan in plans where !unknown.contains(plan.source) {
      for verdict in plan.verdicts where verdict.isFloor {
        if let reason = verdict.fact.holdReason {
          lines.append("\(plan.source)@\(verdict.fact.id) is on hold: \(reason)")
        } else {
          others += 1
        }
      }
    }
    if others > 0 {
      lines.append(
        "\(others) point\(others == 1 ? "" : "s") that \(others == 1 ? "is" : "are") the newest good or verified, dated later than now, "
          + "or not known to be good")
    }
    return lines
  }

  /// What is missing and what keeps it, in one line; nil if nothing is.
  public var shortfall: String? {
    missing.map { missing in
      "keep-free: \(missing) will be missing of the wanted \(goal) although all goes that may: "
        + (obstacles.isEmpty ? "the sources have no more points" : obstacles.joined(separator: "; "))
    }
  }

  /// What it came to, in one line.
  public var text: String {
    let now = "keep-free: the disk has \(goal.text(free: disk.free, of: disk.total)) of the wanted \(goal)"
    guard disk.free < wanted else { return now + ": nothing more goes" }
    let byRules =
      "\(ByteCount(max(0, expectedByRules.bytes - disk.free.bytes))) will be freed by the trash and the rules"
    guard pointCount > 0 else { return "\(now), \(byRules)" }
    return "\(now), \(byRules), about \(ByteCount(expected.bytes - expectedByRules.bytes)) by "
      + "\(pointCount) more point\(pointCount == 1 ? "" : "s")"
  }
}
