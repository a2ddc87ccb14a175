import BackupModel
import BackupPolicy

/// A source whose future was simulated.
struct SimulatedSource {
  let source: SourceID
  let rules: EffectiveRules
  let history: RetentionHistory
  /// Nil if its past is too short.
  let simulation: RetentionSimulation?

  /// What a person should know before believing it.
  func notes(now: Timestamp) -> [String] {
    guard simulation != nil else {
      let count = history.points.count
      return [
        "\(source) has \(count == 1 ? "1 good point" : "\(count) good points"): too little history, left out"
      ]
    }
    guard let newest = history.points.last?.time, let interval = history.medianInterval?.components.seconds,
      now.seconds - newest.seconds > 3 * interval
    else { return [] }
    return [
      "the newest point of \(source) is \(AgeText.of(newest, now: now)) old; it is simulated as if points came again"
    ]
  }
}

/// Which days of a simulation are shown: the first and the last, and those between in even steps.
struct SimulationSteps {
  /// How far apart the days are.
  enum Size: String, Encodable {
    case days, weeks, months
  }

  let size: Size
  /// Numbers of days from now.
  let days: [Int]
  private let calendar: LocalCalendar

  init(days count: Int, now: Timestamp, calendar: LocalCalendar) {
    let size: Size = count > 120 ? .months : count > 21 ? .weeks : .days
    self.size = size
    self.calendar = calendar
    func month(_ day: Int) -> String? { calendar.period(of: .monthly, at: now.adding(seconds: Int64(day) * 86_400)) }
    days = (0...count).filter { day in
      if day == 0 || day == count { return true }
      return switch size {
      case .days: true
      case .weeks: day % 7 == 0
      case .months: month(day) != month(day - 1)
      }
    }
  }

  /// The local date of an instant.
  func date(_ time: Timestamp) -> String { calendar.period(of: .daily, at: time) ?? time.description }
}

/// What all sources of a simulation come to.
struct SimulationReport {
  let sources: [SimulatedSource]
  let steps: SimulationSteps

  init(_ sources: [SimulatedSource], steps: SimulationSteps) {
    self.sources = sources
    self.steps = steps
  }

  /// What one source holds on the days that are shown.
  func days(of source: SimulatedSource) -> [RetentionSimulation.Day] {
    source.simulation.map { simulation in steps.days.map { simulation.days[$0] } } ?? []
  }

  /// The sum over all sources on the days that are shown.
  var totals: [SimulationTotal] {
    steps.days.map { number in SimulationTotal(sources.compactMap { $0.simulation?.days[number] }) }
  }

  /// As a person reads it: the rules, on what it is based, and what is held when.
  var lines: [String] {
    let simulated = sources.filter { $0.simulation != nil }
    let rules = Dictionary(uniqueKeysWithValues: simulated.map { ($0.source, $0.rules) })
    var basis = TextTable([
      ("SOURCE", .left), ("POINTS", .right), ("FORGOTTEN", .right), ("OVER", .right), ("ONE EVERY", .right),
      ("OLDEST NEEDS", .right), ("EACH ADDS", .right),
    ])
    for item in simulated {
      let document = SimulationDocument.Basis(item.history)
      basis.add([
        item.source.description, "\(document.points)", "\(document.forgottenPoints)",
        DurationText.of(seconds: Double(document.overSeconds)),
        DurationText.of(seconds: Double(document.medianIntervalSeconds ?? 0)), "\(document.oldestBytes)",
        "\(document.medianAddedBytes ?? .zero)",
      ])
    }
    var table = TextTable([
      ("DATE", .left), ("POINTS", .right), ("OLDEST", .right), ("AT LEAST", .right), ("AT MOST", .right),
    ])
    for total in totals {
      table.add([
        steps.date(total.time), "\(total.points)", total.oldest.map { AgeText.of($0, now: total.time) } ?? "-",
        "\(total.leastBytes)", "\(total.mostBytes)",
      ])
    }
    return RulesText.lines(of: simulated.map(\.source), rules) + basis.lines + [""] + table.lines
  }
}

/// What all sources hold on one day.
struct SimulationTotal: Encodable {
  let time: Timestamp
  let points: Int
  let oldest: Timestamp?
  let leastBytes: ByteCount
  let mostBytes: ByteCount

  /// Adds up what sources hold on the same day; at least one.
  init(_ days: [RetentionSimulation.Day]) {
    time = days.first?.time ?? Timestamp(seconds: 0)
    points = days.reduce(0) { $0 + $1.points }
    oldest = days.compactMap(\.oldest).min()
    leastBytes = days.reduce(.zero) { $0 + $1.leastBytes }
    mostBytes = days.reduce(.zero) { $0 + $1.mostBytes }
  }
}

/// A simulation as JSON.
struct SimulationDocument: Encodable {
  /// What a simulation of a source is based on.
  struct Basis: Encodable {
    let points: Int
    let forgottenPoints: Int
    let overSeconds: Int64
    let medianIntervalSeconds: Int64?
    let oldestBytes: ByteCount
    let medianAddedBytes: ByteCount?
    let packBytes: ByteCount

    init(_ history: RetentionHistory) {
      points = history.points.count
      forgottenPoints = history.forgotten.count
      let times = history.points.map(\.time) + history.forgotten
      overSeconds = (times.max()?.seconds ?? 0) - (times.min()?.seconds ?? 0)
      medianIntervalSeconds = history.medianInterval?.components.seconds
      oldestBytes = ByteCount(history.oldestBytes)
      medianAddedBytes = history.medianAddedBytes.map { ByteCount($0) }
      packBytes = ByteCount(history.packBytes)
    }
  }

  struct Source: Encodable {
    let source: SourceID
    let keep: String
    let keepFrom: String
    let basis: Basis
    /// None if its past is too short.
    let rows: [SimulationTotal]
  }

  let step: SimulationSteps.Size
  let sources: [Source]
  let total: [SimulationTotal]

  init(_ report: SimulationReport) {
    step = report.steps.size
    total = report.totals
    sources = report.sources.map { item in
      Source(
        source: item.source, keep: item.rules.keep.description, keepFrom: item.rules.originText,
        basis: Basis(item.history), rows: report.days(of: item).map { SimulationTotal([$0]) })
    }
  }
}
