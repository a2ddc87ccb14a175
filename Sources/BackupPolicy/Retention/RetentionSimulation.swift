public import BackupModel

/// What rules would hold of one source day by day, if its points went on coming as they came.
///
/// Each day the points that came are added, and the rules are applied as ``RetentionPlan`` does. How many bytes that needs lies between
/// two estimates. Both count what the oldest point needs, the whole source as it was then. To that the lower one adds what the other
/// points that are held added, the upper one what all points added since the oldest one: of what a dropped point added, newer ones may
/// still need all or nothing. Holds and the points that stay whatever the rules say aren't simulated.
public struct RetentionSimulation: Hashable, Sendable {
  /// What is held on one day.
  public struct Day: Hashable, Sendable {
    /// When.
    public let time: Timestamp
    /// How many points.
    public let points: Int
    /// When the oldest of them was made; nil if there is none.
    public let oldest: Timestamp?
    /// What they need at least.
    public let leastBytes: ByteCount
    /// What they need at most.
    public let mostBytes: ByteCount
  }

  /// The first is the present, with the rules applied; the last is the end.
  public let days: [Day]

  /// The longest simulation.
  public static let longest = 3650
  /// How many points a simulation makes at most.
  public static let mostPoints = 20_000

  /// Simulates.
  ///
  /// - Parameters:
  ///   - history: the past, up to the present.
  ///   - dayCount: how many days, of 24 hours.
  ///   - calendar: what tells hours, days and weeks apart.
  /// - Returns: nil if the past is too short: fewer than two points that there are, or all of one second.
  /// - Throws: ``PolicyError`` of the category `usage` if so many points would come that nobody would wait for it.
  public init?(
    _ history: RetentionHistory, _ rules: KeepRules, days dayCount: Int, now: Timestamp, calendar: LocalCalendar
  ) throws(PolicyError) {
    guard history.points.count > 1, let interval = history.medianInterval?.components.seconds,
      let added = history.medianAddedBytes, let newest = history.times.last
    else { return nil }
    guard Int64(dayCount) * 86_400 / interval <= Self.mostPoints else {
      throw PolicyError(
        message: "cannot simulate \(dayCount) days: with a point every \(Duration.seconds(interval).policyText) there "
          + "would be more than \(Self.mostPoints)", hint: "simulate a shorter time")
    }
    var made = MadePoints(history)
    var next = max(newest.adding(seconds: interval), now.adding(seconds: 1))
    var days: [Day] = []
    for number in 0...dayCount {
      let time = now.adding(seconds: Int64(number) * 86_400)
      while next <= time {
        made.add(at: next, addedBytes: added)
        next = next.adding(seconds: interval)
      }
      made.apply(rules, now: time, calendar)
      days.append(made.day(time))
    }
    self.days = days
  }
}

/// All points that were made, and which of them are held.
private struct MadePoints {
  private let history: RetentionHistory
  private var times: [Timestamp] = []
  /// What each point and all before it added.
  private var sums: [Int64] = []
  /// What each point would need alone.
  private var wholes: [Int64] = []
  /// Places in `times`, oldest first.
  private var held: [Int] = []

  init(_ history: RetentionHistory) {
    self.history = history
    let lost = history.forgotten.map { (time: $0, point: RetentionHistory.Point?.none) }
    let kept = history.points.map { (time: $0.time, point: RetentionHistory.Point?.some($0)) }
    for (time, point) in (lost + kept).sorted(by: { $0.time < $1.time }) {
      if point != nil { held.append(times.count) }
      append(
        time, addedBytes: point?.addedBytes ?? history.medianAddedBytes ?? 0,
        whole: Int64(history.wholeBytes(ofSource: point?.sourceBytes ?? 0).rounded()))
    }
  }

  mutating func add(at time: Timestamp, addedBytes: Int64) {
    held.append(times.count)
    append(time, addedBytes: addedBytes, whole: whole(at: time))
  }

  private mutating func append(_ time: Timestamp, addedBytes: Int64, whole: Int64) {
    times.append(time)
    sums.append((sums.last ?? 0) + addedBytes)
    wholes.append(whole)
  }

  /// What a point to come would need alone.
  private func whole(at time: Timestamp) -> Int64 {
    guard let newest = history.points.last else { return 0 }
    let last = history.wholeBytes(ofSource: newest.sourceBytes)
    return Int64((last + history.growth * Double(time.seconds - newest.time.seconds)).rounded())
  }

  mutating func apply(_ rules: KeepRules, now: Timestamp, _ calendar: LocalCalendar) {
    let items = held.map { RetentionPlan.Item($0, at: times[$0]) }
    held = RetentionPlan(rules, of: items, now: now, calendar: calendar).kept.map(\.id).sorted()
  }

  func day(_ time: Timestamp) -> RetentionSimulation.Day {
    guard let oldest = held.first else {
      return RetentionSimulation.Day(time: time, points: 0, oldest: nil, leastBytes: .zero, mostBytes: .zero)
    }
    let later = held.dropFirst().reduce(Int64(0)) { $0 + sums[$1] - sums[$1 - 1] }
    return RetentionSimulation.Day(
      time: time, points: held.count, oldest: times[oldest], leastBytes: ByteCount(wholes[oldest] + later),
      mostBytes: ByteCount(wholes[oldest] + (sums.last ?? 0) - sums[oldest]))
  }
}
