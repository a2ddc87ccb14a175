import ArgumentParser
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Holds a point, so that it isn't forgotten.
struct HoldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold", abstract: "Hold points: nothing forgets them until they are released.",
    discussion: """
      A hold lies in the repository beside its point, with its reason. A second one of the same point takes the place of \
      the first. Without points, the holds that there are are listed.

      EXAMPLES:
        backupctl hold nextcloud@latest --reason "before the migration" --for 90d
        backupctl hold
        backupctl release nextcloud@20261122T050000Z

      \(ExitStatus.help([.ok, .failed, .noRepository, .busy, .formatTooNew, .damaged, .usage]))
      """)

  @Argument(help: ArgumentHelp("Points, NAME@POINT.", valueName: "point"))
  var points: [String] = []

  @Option(help: ArgumentHelp("Why, for whoever wants to forget it.", valueName: "text"))
  var reason: String?

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("The hold ends by itself after that time: 90d.", valueName: "duration"),
    transform: OptionValue.duration)
  var length: Duration?

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard !points.isEmpty || (reason == nil && length == nil) else {
      throw ValidationError("Name the points to hold: NAME@POINT.")
    }
    guard points.isEmpty || reason.map({ !$0.allSatisfy(\.isWhitespace) }) == true else {
      throw ValidationError("Say why: --reason TEXT.")
    }
  }

  func run() throws {
    let environment = CommandEnvironment.current
    let opened = try repository.open()
    guard !points.isEmpty, let reason else { return try list(opened) }
    let now = environment.clock.now()
    let until = length.map { now.adding(seconds: $0.components.seconds) }
    for name in points {
      let selection = try PointSelection.naming(name, to: "hold", in: opened)
      let lock = try selection.store.lock(holder: LockHolder.text, to: "hold a point of")
      try selection.store.hold(
        selection.point.id, Hold(reason: reason, begun: now, until: until, by: Self.person(environment)), lock)
      if !output.quiet { environment.messages.line("held \(selection.store.source.name)@\(selection.point.id)") }
    }
  }

  /// Who holds it, as others know them.
  private static func person(_ environment: CommandEnvironment) -> String {
    let names = ["SUDO_USER", "USER", "LOGNAME"].compactMap { environment.variables[$0] }
    return "\(names.first { !$0.isEmpty } ?? "backupctl")@\(hostName())"
  }

  private func list(_ opened: Repository) throws {
    let environment = CommandEnvironment.current
    let now = environment.clock.now()
    var rows: [HoldRow] = []
    for source in try opened.sources() {
      rows += try opened.store(source).holds().sorted { $0.key < $1.key }
        .map { HoldRow(source: source, point: $0.key, hold: $0.value, counts: $0.value.counts(at: now)) }
    }
    if output.json { return environment.output.line(try JSONText.encode(rows)) }
    guard !rows.isEmpty else {
      if !output.quiet { environment.messages.line("no point is on hold") }
      return
    }
    var table = TextTable([
      ("SOURCE", .left), ("POINT", .left), ("HELD", .right), ("UNTIL", .left), ("BY", .left), ("REASON", .left),
    ])
    for row in rows {
      table.add([
        row.source.name, row.point.description, AgeText.of(row.hold.begun, now: now),
        row.hold.until.map { row.counts ? "\($0)" : "\($0) (over)" } ?? "released", row.hold.by, row.hold.reason,
      ])
    }
    for line in table.lines { environment.output.line(line) }
  }
}

private struct HoldRow: Encodable {
  let source: SourceID
  let point: RecoveryPointID
  let hold: Hold
  /// Whether it still keeps its point.
  let counts: Bool
}

/// Releases points.
struct ReleaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "Release points that are on hold.",
    discussion: """
      EXAMPLES:
        backupctl release nextcloud@20261122T050000Z

      \(ExitStatus.help([.ok, .failed, .noRepository, .busy, .formatTooNew, .damaged, .usage]))
      """)

  @Argument(help: ArgumentHelp("Points, NAME@POINT.", valueName: "point"))
  var points: [String]

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let environment = CommandEnvironment.current
    let opened = try repository.open()
    for name in points {
      let selection = try PointSelection.naming(name, to: "release", in: opened)
      let title = "\(selection.store.source.name)@\(selection.point.id)"
      let lock = try selection.store.lock(holder: LockHolder.text, to: "release a point of")
      guard let hold = try selection.store.release(selection.point.id, lock) else {
        throw CommandError(
          .failed, "cannot release \(title): it is not on hold", hint: "list the holds: `backupctl hold`")
      }
      if !output.quiet { environment.messages.line("released \(title), which was held: \(hold.reason)") }
    }
  }
}

extension PointSelection {
  /// Whether a text names a point and not only a source, whose name may have an `@` too.
  static func namesPoint(_ text: String, in repository: Repository) throws -> Bool {
    try text.contains("@") && source(named: text, in: repository) == nil
  }

  /// The point of a text that must name one: to hold whatever is newest by a forgotten `@` would be a surprise.
  ///
  /// - Throws: ``CommandError`` `usage` without an `@`; as ``init(_:at:in:)``.
  static func naming(_ text: String, to verb: String, in repository: Repository) throws -> PointSelection {
    guard try namesPoint(text, in: repository) else {
      throw CommandError(
        .usage, "cannot \(verb) \(text): which point is not said",
        hint: "`backupctl \(verb) \(text)@latest`, or `backupctl points \(text)` for a list")
    }
    return try PointSelection(text, in: repository)
  }
}
