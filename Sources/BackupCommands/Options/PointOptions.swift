import ArgumentParser
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Which point is meant; the same for all commands that look at one.
struct PointOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The point: latest, an id or its beginning, a date, a time, or '2 days ago'; the newest one at or before that time.",
      valueName: "time"))
  var at: String?

  /// The time that is given; nil if none is.
  ///
  /// - Throws: ``CommandError`` for what is none.
  func expression() throws -> TimeExpression? { try at.map(Self.expression(of:)) }

  /// A time as a person types it.
  static func expression(of time: String) throws -> TimeExpression {
    guard let expression = TimeExpression(parsing: time) else {
      throw CommandError(
        .usage, "cannot understand the time '\(time)'", hint: "accepted are \(TimeExpression.accepted)")
    }
    return expression
  }
}

/// A source and one of its points, as `NAME[@TIME]` selects them.
struct PointSelection {
  /// The source's store.
  let store: SourceStore
  /// The point.
  let point: RecoveryPoint

  /// Means a point that was found otherwise.
  init(store: SourceStore, point: RecoveryPoint) {
    self.store = store
    self.point = point
  }

  /// Finds the point that a person means.
  ///
  /// - Parameter text: `NAME` or `NAME@TIME`; the name may begin with its kind (`tree/etc`).
  /// - Throws: `PolicyError`, `CommandError`, or `RepositoryError`, naming what comes nearest.
  init(_ text: String, at time: String? = nil, in repository: Repository) throws {
    let (store, id) = try Self.find(text, at: time, in: repository)
    self.store = store
    point = try store.point(id)
  }

  private static func find(
    _ text: String, at time: String?, in repository: Repository
  ) throws -> (SourceStore, RecoveryPointID) {
    let selector: PointSelector
    if let time {
      selector = PointSelector(name: text, time: try PointOptions.expression(of: time))
    } else if try source(named: text, in: repository) != nil {
      // A name may hold an @; one that exists as it stands is meant.
      selector = PointSelector(name: text)
    } else {
      selector = try PointSelector(parsing: text)
    }
    let store = repository.store(try requiredSource(named: selector.name, in: repository))
    let ids = try store.pointIDs()
    guard !ids.isEmpty else {
      throw RepositoryError(
        .noSuchPoint, "cannot find a point of \(store.source): it has none yet",
        hint: "its first archive was interrupted; run `backupctl archive` again")
    }
    let environment = CommandEnvironment.current
    let now = environment.clock.now()
    return (store, try selector.select(among: ids, now: now, utcOffset: localUTCOffset(at: now)))
  }

  /// The source of a name, or nil.
  static func source(named name: String, in repository: Repository) throws -> SourceID? {
    let sources = try repository.sources()
    return sources.first { $0.description == name } ?? sources.first { $0.name == name }
  }

  /// The source of a name.
  ///
  /// - Throws: `RepositoryError` `noSuchSource` naming the nearest one.
  static func requiredSource(named name: String, in repository: Repository) throws -> SourceID {
    if let source = try source(named: name, in: repository) { return source }
    let sources = try repository.sources()
    let nearest = nearestName(to: name, among: sources.map(\.name))
    throw RepositoryError(
      .noSuchSource, "cannot find the source \(name) in \(repository.location)",
      hint: nearest.map { "did you mean `\($0)`?" }
        ?? (sources.isEmpty
          ? "the repository is empty: make a point with `backupctl archive`"
          : "list the sources with `backupctl points`"))
  }
}
