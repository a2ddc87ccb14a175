public import BackupModel

/// What the past of one source says about its future: when points were made, and what each added.
public struct RetentionHistory: Hashable, Sendable {
  /// A point that there is.
  public struct Point: Hashable, Sendable {
    /// When it was made.
    public var time: Timestamp
    /// What it added to the packs.
    public var addedBytes: Int64
    /// How large the source was.
    public var sourceBytes: Int64

    /// Describes a point.
    public init(at time: Timestamp, addedBytes: Int64, sourceBytes: Int64) {
      self.time = time
      self.addedBytes = addedBytes
      self.sourceBytes = sourceBytes
    }
  }

  /// The points that there are, oldest first.
  public let points: [Point]
  /// When points were made that have been forgotten since, oldest first.
  public let forgotten: [Timestamp]
  /// What all packs of the source hold.
  public let packBytes: Int64

  /// Gathers a past; points in any order.
  public init(_ points: [Point], forgotten: [Timestamp] = [], packBytes: Int64) {
    self.points = points.sorted { $0.time < $1.time }
    self.forgotten = forgotten.sorted()
    self.packBytes = packBytes
  }

  /// Of how many intervals, and of what so many points added, the median is taken: the newest ones, since schedules change.
  static let window = 30

  /// When points were made, those that have been forgotten too, oldest first.
  var times: [Timestamp] { (points.map(\.time) + forgotten).sorted() }

  /// The median time between two of the newest points; nil if fewer than two were made or they are of one second.
  public var medianInterval: Duration? {
    let times = times.suffix(Self.window + 1)
    let seconds = zip(times, times.dropFirst()).map { $1.seconds - $0.seconds }
    guard let median = Self.median(seconds), median > 0 else { return nil }
    return .seconds(median)
  }

  /// The median of what the newest points added, without the oldest one, which added the whole source; nil if there is no other.
  public var medianAddedBytes: Int64? { Self.median(points.dropFirst().suffix(Self.window).map(\.addedBytes)) }

  /// What the oldest point needs: what it added, or, if points before it were forgotten, what packs hold beyond what newer points added.
  public var oldestBytes: Int64 {
    guard let oldest = points.first else { return 0 }
    let lost = Int64(forgotten.count(where: { $0 > oldest.time })) * (medianAddedBytes ?? 0)
    return max(oldest.addedBytes, packBytes - points.dropFirst().reduce(lost) { $0 + $1.addedBytes })
  }

  /// By how many bytes in packs the source grows in a second: as between the oldest and the newest point, but by no more than points add.
  /// A source isn't taken to shrink.
  var growth: Double {
    guard let oldest = points.first, let newest = points.last, oldest.sourceBytes > 0, newest.time > oldest.time,
      let interval = medianInterval, let added = medianAddedBytes
    else { return 0 }
    let rate =
      Double(newest.sourceBytes - oldest.sourceBytes) * density / Double(newest.time.seconds - oldest.time.seconds)
    return min(max(0, rate), Double(added) / Double(interval.components.seconds))
  }

  /// What a point needs alone, by how large the source was.
  func wholeBytes(ofSource bytes: Int64) -> Double {
    density > 0 ? Double(bytes) * density : Double(oldestBytes)
  }

  /// Bytes in packs for each byte of the source; 0 if that isn't known.
  private var density: Double {
    guard let oldest = points.first, oldest.sourceBytes > 0 else { return 0 }
    return Double(oldestBytes) / Double(oldest.sourceBytes)
  }

  /// The middle of some numbers, of an even count the mean of both.
  static func median(_ numbers: [Int64]) -> Int64? {
    let sorted = numbers.sorted()
    guard let upper = sorted.indices.contains(sorted.count / 2) ? sorted[sorted.count / 2] : nil else { return nil }
    return sorted.count % 2 == 1 ? upper : sorted[sorted.count / 2 - 1] + (upper - sorted[sorted.count / 2 - 1]) / 2
  }
}
