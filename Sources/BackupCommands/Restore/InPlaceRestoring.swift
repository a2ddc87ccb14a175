import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Restores trees in place for the command `restore`: plan, question, work.
struct InPlaceRestoring {
  let selection: RestoreSelection
  let survey: ServiceSurvey
  let repository: Repository
  let paths: [String]
  let keepUndo: Duration?
  let state: String
  let output: OutputOptions

  /// Shows the plan, and goes ahead if that is wanted.
  ///
  /// - Parameters:
  ///   - command: what to type to go ahead without being asked.
  /// - Throws: what planning and restoring throw; ``CommandError`` if nobody said yes.
  func run(plan isPlan: Bool, yes: Bool, command: String) throws {
    let environment = CommandEnvironment.current
    let plan = try makePlan()
    let text = InPlacePlanText(
      plan: plan, exclusions: survey.exclusions(of:), now: environment.clock.now(), command: command)
    if isPlan || (!yes && !environment.input.isTerminal) {
      if output.json {
        environment.output.line(try text.json())
      } else {
        text.lines.forEach { environment.output.line($0) }
      }
      if isPlan { return }
    } else if !output.quiet || !yes {
      text.lines.forEach { environment.messages.line($0) }
    }
    try Confirmation(yes: yes, what: "restore \(selection.name) in place", command: command).obtain()
    if let full = plan.tooFull.first {
      throw EngineError(
        .targetUnusable,
        "cannot restore \(selection.name) in place: \(full.directory.displayedPath) has only \(full.available) free for "
          + "\(full.needed)", hint: "free space there; `backupctl restore list` shows what earlier restores keep")
    }
    let restore = InPlaceRestore(
      journal: try RestoreJournal(state: state, holder: LockHolder.text), clock: environment.clock)
    let (record, lock) = try restore.begin(plan)
    defer { withExtendedLifetime(lock) {} }
    let done = try RestoreWork(restore: restore, repository: repository, output: output).proceed(record)
    try RestoreRow(done, isRunning: false, now: environment.clock.now()).printResult(output)
  }

  private func makePlan() throws -> InPlacePlan {
    guard paths.isEmpty || selection.points.count == 1 else {
      throw CommandError(
        .usage, "cannot tell of which source of \(selection.name) the paths are",
        hint: "choose one with --source: \(selection.points.map(\.store.source.typedName).joined(separator: ", "))")
    }
    let surroundings = try LiveTree.Surroundings.current(
      needed: [
        (PathBytes(path: repository.location), "the repository"), (PathBytes(path: state), "the state directory"),
      ])
    let earlier = try RestoreJournal.openForReading(state: state)?.records() ?? []
    let parts = try selection.points.map { selected in
      try InPlacePlan.part(
        selected.store, selected.point, paths: try selected.entryPaths(paths),
        live: try LiveTree(try livePath(of: selected), wholly: paths.isEmpty, in: surroundings),
        trust: try PointTrust(of: selected.point, in: selected.store, earlier: earlier))
    }
    return InPlacePlan(
      name: selection.name, parts: parts, keepUndo: keepUndo ?? RestoreDeclaration.defaultKeepUndo)
  }

  private func livePath(of selected: PointSelection) throws -> PathBytes {
    let source = selected.store.source
    func refusal(_ why: String, hint: String) -> CommandError {
      CommandError(.usage, "cannot restore \(source) in place: \(why)", hint: hint)
    }
    let others = selection.points.count > 1 ? "; the others with --source" : ""
    guard source.kind == .tree else {
      let how =
        source.kind == .volume
        ? "restore it with `backupctl restore \(source) --to-volume GROUP/NEW`"
        : "restore it with `backupctl restore \(source) --to DIR`"
      throw refusal("only trees are", hint: how + others)
    }
    guard let place = survey.livePath(of: selected.point) else {
      throw refusal("neither the configuration nor the point says where it lives", hint: "restore it with --to DIR")
    }
    guard !place.isLooseFiles || !paths.isEmpty else {
      throw refusal(
        "it is the loose files of \(place.path), whose directories are sources of their own",
        hint:
          "name the files with --path, or use `backupctl restore \(source.typedName) --to \(place.path) --overwrite`"
          + others)
    }
    return PathBytes(path: place.path)
  }
}

/// Works on a restore in place while its progress is shown.
struct RestoreWork {
  let restore: InPlaceRestore
  /// Nil where nothing is to be read from it any more.
  let repository: Repository?
  let output: OutputOptions

  /// Does what is left to be done.
  func proceed(_ record: RestoreRecord) throws -> RestoreRecord {
    let bytes = record.parts.reduce(0) { $0 + $1.bytes }
    return try ProgressDisplay.run(output, title: record.name, expectedBytes: bytes, of: RestoreProgress()) {
      try restore.proceed(
        record,
        { source in
          guard let repository, repository.description.id == record.repository else {
            throw CommandError(
              .repositoryMissing,
              "cannot go on with the restore \(record.id): it is from the repository \(record.repository)",
              hint: "mount the disk that holds it, or give it with -r; nothing was replaced")
          }
          return repository.store(source)
        }, progress: $0, cancellation: CommandEnvironment.current.cancellation)
    }
  }
}
