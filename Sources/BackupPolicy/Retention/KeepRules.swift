/// Which of the items of one source are kept: `keep: {last: 2, daily: 7, within: 14d, within-weekly: 90d}`.
///
/// A value of this type keeps something: rules that keep nothing are refused wherever they come from. What the rules
/// keep is worked out by ``RetentionPlan``.
public struct KeepRules: Hashable, Sendable {
  /// The largest number that a rule accepts; years of hours.
  public static let largestCount = 99_999
  /// The spans that `within` and its like accept: up to a hundred years.
  static let acceptedSpans = Duration.seconds(1) ... .seconds(36_500 * 86_400)

  /// How many items each rule keeps; rules that aren't set have no number.
  let counts: [KeepRule: Int]
  /// All items made within this time before the newest are kept; nil keeps none for that.
  public let within: Duration?
  /// The newest item of each period of a rule is kept if it was made within this time before the newest of all; rules that aren't
  /// set have no span, and ``KeepRule/last``, which has no periods, never has one.
  let spans: [KeepRule: Duration]

  /// Makes rules from their parts.
  ///
  /// - Throws: ``PolicyError`` of the category `usage` if nothing would be kept, or a number or span is out of range.
  public init(
    _ counts: [KeepRule: Int], within: Duration? = nil, spans: [KeepRule: Duration] = [:]
  ) throws(PolicyError) {
    for rule in KeepRule.periodic {
      guard let span = spans[rule], !Self.acceptedSpans.contains(span) else { continue }
      throw PolicyError(
        message: "cannot use \(rule.withinKey)=\(span.policyText) as a keep rule: it must be from 1s to 36500d")
    }
    for rule in KeepRule.allCases {
      guard let count = counts[rule], !(0...Self.largestCount).contains(count) else { continue }
      throw PolicyError(
        message: "cannot use \(rule.rawValue)=\(count) as a keep rule: it must be from 0 to \(Self.largestCount)")
    }
    if let within, !Self.acceptedSpans.contains(within) {
      throw PolicyError(message: "cannot use within=\(within.policyText) as a keep rule: it must be from 1s to 36500d")
    }
    guard within != nil || !spans.isEmpty || counts.values.contains(where: { $0 > 0 }) else {
      throw PolicyError(message: "cannot use the keep rules: they keep nothing", hint: Self.hint)
    }
    self.counts = counts.filter { $0.value > 0 }
    self.within = within
    self.spans = spans
  }

  /// How many items a rule keeps at most; 0 if it isn't set.
  public subscript(rule: KeepRule) -> Int { counts[rule, default: 0] }

  static let withinKey = "within"
  /// Every key of the mapping `keep`.
  static let keys = KeepRule.allCases.map(\.rawValue) + [withinKey] + KeepRule.periodic.map(\.withinKey)
  static let hint = "name at least one rule above zero, such as `last: 3` or `daily: 7`: \(listed(keys))"
}

extension KeepRules: CustomStringConvertible {
  /// The rules as text that ``init(parsing:)`` reads: `last=2,daily=7,within=14d`.
  public var description: String { parts.map { "\($0.key)=\($0.value)" }.joined(separator: ",") }

  /// The rules as a flow mapping of YAML: `{last: 2, daily: 7, within: 14d}`.
  var yamlText: String { "{\(parts.map { "\($0.key): \($0.value)" }.joined(separator: ", "))}" }

  /// The key and the written value of each rule that is set, a number or a length of time.
  public var parts: [(key: String, value: String)] {
    var parts = KeepRule.allCases.compactMap { rule in counts[rule].map { (rule.rawValue, "\($0)") } }
    if let within { parts.append((Self.withinKey, within.policyText)) }
    return parts + KeepRule.periodic.compactMap { rule in spans[rule].map { (rule.withinKey, $0.policyText) } }
  }
}
