/// A rule that keeps a number of items: the newest ones, or the newest of each of the latest periods that have any.
public enum KeepRule: String, CaseIterable, Hashable, Sendable {
  /// The newest items, whenever they were made.
  case last
  /// The newest item of an hour.
  case hourly
  /// The newest item of a day.
  case daily
  /// The newest item of a week as ISO 8601 counts them: from Monday, week 1 being the one with the first Thursday.
  case weekly
  /// The newest item of a month.
  case monthly
  /// The newest item of a year.
  case yearly
}

extension KeepRule {
  /// The rules that have periods.
  static let periodic = allCases.filter { $0 != .last }

  /// The key of the rule that keeps the newest item of each period within a span: `within-daily`.
  var withinKey: String { "\(KeepRules.withinKey)-\(rawValue)" }
}
