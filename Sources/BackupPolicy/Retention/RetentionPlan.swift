public import BackupModel

/// What rules keep and drop of the items of one source, each item with its reasons; nothing is removed by it.
///
/// The rules are those of restic's `forget`: a rule takes the newest item of each period, from the newest period back,
/// until it has taken as many as it keeps; periods without an item don't count, so missed days cost none. Each rule
/// takes its own, so one item can be kept by several. `within` counts from the newest item, not from the present: when
/// no more items are made, those there are don't run out; `within-daily` and its like take the newest item of each period that
/// is as young. Other than restic's, a rule that isn't used up doesn't also
/// keep the oldest item.
///
/// Items dated after `now` are kept and count for nothing: a clock that was wrong must neither make them the newest of
/// their period nor have them removed.
public struct RetentionPlan<ID: Hashable & Sendable>: Hashable, Sendable {
  /// Something that can be kept or dropped.
  public struct Item: Hashable, Sendable {
    /// What it is called.
    public let id: ID
    /// When it was made.
    public let time: Timestamp

    /// Names an item and its time.
    public init(_ id: ID, at time: Timestamp) {
      self.id = id
      self.time = time
    }
  }

  /// What becomes of one item.
  public struct Decision: Hashable, Sendable {
    /// The item.
    public let item: Item
    /// Why it is kept, rules in the order of ``KeepRule``; none if it is dropped.
    public let reasons: [KeepReason]

    /// Whether it is kept.
    public var isKept: Bool { !reasons.isEmpty }
    /// The reasons in one line: `last 1 of 2, daily 1 of 7`, or that no rule keeps it.
    public var text: String {
      isKept ? reasons.map(\.description).joined(separator: ", ") : "no rule keeps it"
    }
  }

  /// One decision for each item, newest first.
  public let decisions: [Decision]

  /// The items that are kept, newest first.
  public var kept: [Item] { decisions.filter(\.isKept).map(\.item) }
  /// The items that no rule keeps, newest first.
  public var dropped: [Item] { decisions.filter { !$0.isKept }.map(\.item) }

  /// Works out what is kept.
  ///
  /// - Parameters:
  ///   - rules: the rules.
  ///   - items: the items in any order; of two made at the same instant the one that comes later counts as newer.
  ///   - now: the present.
  ///   - calendar: what tells hours, days and weeks apart.
  public init(_ rules: KeepRules, of items: [Item], now: Timestamp, calendar: LocalCalendar) {
    let ordered = items.enumerated().sorted { ($0.element.time, $0.offset) > ($1.element.time, $1.offset) }
      .map(\.element)
    var openRules = KeepRule.allCases.filter { rules[$0] > 0 }.map { OpenRule($0, count: rules[$0]) }
    var periods: [KeepRule: Set<String>] = [:]
    let newest = ordered.first { $0.time <= now }?.time
    decisions = ordered.map { item in
      guard let newest, item.time <= now else { return Decision(item: item, reasons: [.futureDated]) }
      var reasons = openRules.indices.compactMap { openRules[$0].reason(for: item.time, calendar) }
      if let span = rules.within, newest.isWithin(span, after: item.time) { reasons.append(.within(span)) }
      for rule in KeepRule.periodic {
        guard let span = rules.spans[rule], newest.isWithin(span, after: item.time),
          let period = calendar.period(of: rule, at: item.time),
          periods[rule, default: []].insert(period).inserted
        else { continue }
        reasons.append(.withinPeriods(rule, span))
      }
      return Decision(item: item, reasons: reasons)
    }
  }
}

/// A rule while items are shown to it, newest first.
private struct OpenRule {
  private let rule: KeepRule
  private let count: Int
  private var taken = 0
  private var periods: Set<String> = []

  init(_ rule: KeepRule, count: Int) {
    self.rule = rule
    self.count = count
  }

  /// Takes the item if it is one that the rule keeps.
  mutating func reason(for time: Timestamp, _ calendar: LocalCalendar) -> KeepReason? {
    guard taken < count else { return nil }
    if let period = calendar.period(of: rule, at: time), !periods.insert(period).inserted { return nil }
    taken += 1
    return .rule(rule, position: taken, count: count)
  }
}

extension Timestamp {
  /// Tells whether this instant lies at most that much after another, exact to the nanosecond.
  fileprivate func isWithin(_ span: Duration, after earlier: Timestamp) -> Bool {
    .seconds(seconds - earlier.seconds) + .nanoseconds(Int64(nanoseconds - earlier.nanoseconds)) <= span
  }
}
