public import BackupModel
public import BackupPolicy
import BackupRepository

/// Which points of one source stay and which go, each with its reasons; nothing is removed by it.
///
/// Keep rules decide, but never about everything: the newest good point, the newest verified one, points on hold, points that can't be
/// read and what came after the newest good point stay whatever they say. Points of which something is lost count for the rules, but never as
/// the newest good or verified one. Suspicious points don't count for the rules, so that what looks
/// wrong never takes the place of what is good.
public struct PointRetention: Sendable {
  /// What is known of a point.
  public struct Fact: Hashable, Sendable {
    /// How much it can be relied on.
    public enum State: String, Hashable, Sendable {
      /// It counts.
      case good
      /// It looks wrong.
      case suspicious
      /// Its file can't be read.
      case unreadable
    }

    /// Its name.
    public var id: RecoveryPointID
    /// How much it can be relied on.
    public var state: State
    /// Why it is held; nil if nobody holds it.
    public var holdReason: String?
    /// Whether all that it needs was read and found right.
    public var isVerified: Bool
    /// Whether something of it is known to be lost.
    public var isPartial = false

    /// Describes a point.
    public init(_ id: RecoveryPointID, state: State = .good, holdReason: String? = nil, isVerified: Bool = false) {
      self.id = id
      self.state = state
      self.holdReason = holdReason
      self.isVerified = isVerified
    }
  }

  /// What becomes of a point.
  public struct Verdict: Hashable, Sendable {
    /// The point.
    public let fact: Fact
    /// Why it stays, floors first; none if it goes by the rules.
    public let reasons: [String]
    /// Whether one of the reasons is none of the rules': then nothing makes it go.
    public let isFloor: Bool
    /// Why it goes although rules keep it; nil if nothing makes it.
    public fileprivate(set) var because: String?

    /// Whether it stays.
    public var isKept: Bool { !reasons.isEmpty && because == nil }
    /// The reasons in one line, or why there are none.
    public var text: String {
      if let because { return because }
      if isKept { return reasons.joined(separator: ", ") }
      return fact.state == .suspicious ? "suspicious, and newer points are good" : "no rule keeps it"
    }
  }

  /// The source.
  public let source: SourceID
  /// One for each point, newest first.
  public private(set) var verdicts: [Verdict]

  /// The points that go, newest first.
  public var dropped: [RecoveryPointID] { verdicts.filter { !$0.isKept }.map(\.fact.id) }
  /// How many points stay.
  public var keptCount: Int { verdicts.count(where: \.isKept) }

  /// Judges points.
  ///
  /// - Parameters:
  ///   - facts: all points of the source, in any order.
  ///   - now: the present; points that are dated later stay and count for nothing.
  ///   - calendar: what tells hours, days and weeks apart.
  public init(of source: SourceID, _ facts: [Fact], _ rules: KeepRules, now: Timestamp, calendar: LocalCalendar) {
    self.source = source
    let ordered = facts.sorted { $0.id > $1.id }
    let past = ordered.filter { $0.id.begun <= now }
    let newestGood = past.first { $0.state == .good && !$0.isPartial }?.id
    let newestVerified = past.first { $0.state == .good && !$0.isPartial && $0.isVerified }?.id
    // Two points of one second have the same time: the order of the items tells which is newer.
    let items = ordered.reversed().filter { $0.state == .good }.map { RetentionPlan.Item($0.id, at: $0.id.begun) }
    let plan = RetentionPlan(rules, of: items, now: now, calendar: calendar)
    let byRule = Dictionary(uniqueKeysWithValues: plan.decisions.map { ($0.item.id, $0.reasons.map(\.description)) })
    verdicts = ordered.map { fact in
      var reasons: [String] = []
      if let reason = fact.holdReason { reasons.append("on hold: \(reason)") }
      if fact.id == newestGood { reasons.append("newest good point") }
      if fact.id == newestVerified { reasons.append("newest verified point") }
      var isFloor = !reasons.isEmpty || fact.state == .unreadable || fact.id.begun > now
      switch fact.state {
      case .good: reasons += byRule[fact.id] ?? []
      case .unreadable: reasons.append("can't be read")
      case .suspicious:
        if newestGood.map({ $0 < fact.id }) ?? true { reasons.append("suspicious, and no newer point is good") }
        isFloor = !reasons.isEmpty
      }
      return Verdict(fact: fact, reasons: reasons, isFloor: isFloor)
    }
  }

  /// The same with some points going that rules keep, but no floor.
  func dropping(_ ids: Set<RecoveryPointID>, because: String) -> PointRetention {
    var plan = self
    for number in plan.verdicts.indices where ids.contains(plan.verdicts[number].fact.id) {
      if plan.verdicts[number].isKept, !plan.verdicts[number].isFloor { plan.verdicts[number].because = because }
    }
    return plan
  }

  /// Refuses if more goes than may go at once; a single point always may.
  ///
  /// - Parameter share: of the points that there are.
  /// - Throws: ``EngineError`` `refused`.
  public func check(mostRemoved share: Percentage) throws(EngineError) {
    let count = dropped.count
    guard count > 1, Double(count) > share.fraction * Double(verdicts.count) else { return }
    throw EngineError(
      .refused,
      "cannot forget \(count) of the \(verdicts.count) points of \(source): that is more than \(share) at once",
      cause: "rules that were just made stricter do that, and so does a clock that was wrong",
      hint: "look at each with `backupctl forget \(source.name) --keep … --dry-run`; if it is meant, add `--allow-many`"
    )
  }
}
