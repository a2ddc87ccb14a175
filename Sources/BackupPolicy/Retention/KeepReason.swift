/// Why an item is kept.
public enum KeepReason: Hashable, Sendable {
  /// A rule that counts: the item is the `position`th of the `count` that the rule keeps at most, the newest being 1.
  case rule(KeepRule, position: Int, count: Int)
  /// It was made within that time before the newest item.
  case within(Duration)
  /// It is the newest of its period of that rule, and was made within that time before the newest item.
  case withinPeriods(KeepRule, Duration)
  /// It is dated after the present, so that nobody knows how old it is.
  case futureDated
}

extension KeepReason: CustomStringConvertible {
  /// The reason as listings print it: `daily 3 of 7`, `within 14d`, `weekly within 90d`, `dated in the future`.
  public var description: String {
    switch self {
    case .rule(let rule, let position, let count): "\(rule.rawValue) \(position) of \(count)"
    case .within(let span): "within \(span.policyText)"
    case .withinPeriods(let rule, let span): "\(rule.rawValue) within \(span.policyText)"
    case .futureDated: "dated in the future"
    }
  }
}
