import BackupModel
import BackupRepository

/// The sources of a service, or those that belong to none, with what they take.
struct ServiceUsage {
  let service: String?
  let sources: [SourceUsage]

  init(_ service: String?, _ sources: [SourceUsage]) {
    self.service = service
    self.sources = sources
  }
}

/// What one or more sources take.
struct UsageTotals: Encodable {
  private(set) var points = 0
  /// Packs and trash.
  private(set) var diskBytes = ByteCount.zero
  private(set) var packBytes = ByteCount.zero
  /// Of the packs: their tables, and what can't be read.
  private(set) var tableBytes = ByteCount.zero
  private(set) var unreadableBytes = ByteCount.zero
  /// What only the newest point of its source needs.
  private(set) var newestBytes = ByteCount.zero
  /// What only one of the other points needs.
  private(set) var otherBytes = ByteCount.zero
  private(set) var sharedBytes = ByteCount.zero
  /// What an interrupted archive needs, with which the next one goes on.
  private(set) var unfinishedBytes = ByteCount.zero
  private(set) var unneededBytes = ByteCount.zero
  private(set) var trashBytes = ByteCount.zero

  init(_ usages: [SourceUsage]) {
    for usage in usages {
      let newest = usage.points.last?.ownBytes ?? 0
      points += usage.points.count
      diskBytes += ByteCount(usage.diskBytes)
      packBytes += ByteCount(usage.packBytes)
      tableBytes += ByteCount(usage.tableBytes)
      unreadableBytes += ByteCount(usage.unreadableBytes)
      newestBytes += ByteCount(newest)
      otherBytes += ByteCount(usage.ownBytes - newest)
      sharedBytes += ByteCount(usage.sharedBytes)
      unfinishedBytes += ByteCount(usage.unfinishedBytes)
      unneededBytes += ByteCount(usage.unneededBytes)
      trashBytes += ByteCount(usage.trashBytes)
    }
  }

  /// The cells of its line.
  var cells: [String] {
    ["\(points)"]
      + [diskBytes, newestBytes, otherBytes, sharedBytes, unfinishedBytes, unneededBytes, trashBytes].map(\.description)
  }
}

/// The tables of `usage`.
enum UsageText {
  /// A line for each source, one for each service of several, and one for all.
  static func sources(_ groups: [ServiceUsage]) -> [String] {
    var table = TextTable([
      ("SERVICE", .left), ("SOURCE", .left), ("POINTS", .right), ("ON DISK", .right), ("NEWEST", .right),
      ("OTHERS", .right), ("SHARED", .right), ("UNFINISHED", .right), ("UNNEEDED", .right), ("TRASH", .right),
    ])
    for group in groups {
      for usage in group.sources {
        table.add([group.service ?? "-", usage.source.typedName] + UsageTotals([usage]).cells)
      }
      if group.sources.count > 1, groups.count > 1 {
        table.add([group.service ?? "-", "(\(group.sources.count) sources)"] + UsageTotals(group.sources).cells)
      }
    }
    let all = groups.flatMap(\.sources)
    if all.count > 1 { table.add(["total", "(\(all.count) sources)"] + UsageTotals(all).cells) }
    return table.lines
  }

  /// A line for each point, newest last.
  static func points(_ groups: [ServiceUsage], now: Timestamp) -> [String] {
    var table = TextTable([
      ("SERVICE", .left), ("SOURCE", .left), ("POINT", .left), ("AGE", .right), ("NEEDS", .right), ("SHARED", .right),
      ("ALONE", .right),
    ])
    for group in groups {
      for usage in group.sources {
        for point in usage.points {
          let known = point.problem == nil
          table.add([
            group.service ?? "-", usage.source.typedName, point.id.description, AgeText.of(point.id.begun, now: now),
            known ? "\(ByteCount(point.neededBytes))" : "-", known ? "\(ByteCount(point.sharedBytes))" : "-",
            known ? "\(ByteCount(point.ownBytes))" : "-",
          ])
        }
      }
    }
    return table.lines
  }
}

/// What takes the room, as JSON.
struct UsageDocument: Encodable {
  struct Point: Encodable {
    let point: RecoveryPointID
    let begun: Timestamp
    let neededBytes: ByteCount
    let sharedBytes: ByteCount
    let ownBytes: ByteCount
    let problem: String?

    init(_ point: SourceUsage.Point) {
      self.point = point.id
      begun = point.id.begun
      neededBytes = ByteCount(point.neededBytes)
      sharedBytes = ByteCount(point.sharedBytes)
      ownBytes = ByteCount(point.ownBytes)
      problem = point.problem
    }
  }

  struct Source: Encodable {
    let source: SourceID
    let totals: UsageTotals
    /// Nil if they weren't asked for.
    let points: [Point]?
    let problems: [String]
  }

  struct Service: Encodable {
    let service: String?
    let totals: UsageTotals
    let sources: [Source]
  }

  let services: [Service]
  let totals: UsageTotals

  init(_ groups: [ServiceUsage], withPoints: Bool) {
    services = groups.map { group in
      Service(
        service: group.service, totals: UsageTotals(group.sources),
        sources: group.sources.map { usage in
          Source(
            source: usage.source, totals: UsageTotals([usage]),
            points: withPoints ? usage.points.map(Point.init) : nil, problems: usage.problems)
        })
    }
    totals = UsageTotals(groups.flatMap(\.sources))
  }
}
