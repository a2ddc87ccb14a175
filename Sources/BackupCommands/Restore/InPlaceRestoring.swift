import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem
import VolumeSnapshots

/// Restores sources in place for the command `restore`: plan, question, work.
struct InPlaceRestoring {
  let selection: RestoreSelection
  let survey: ServiceSurvey
  let repository: Repository
  let paths: [String]
  let keepUndo: Duration?
  let state: String
  let output: OutputOptions
  /// What volumes are restored from.
  let from: RestoreOrigin?
  /// The time that was asked for; nil for the newest.
  let time: TimeExpression?
  /// Gives the means to stop what uses what is restored, and to work on volumes if there are any; called only if one of the two is to be
  /// done.
  let means: (_ hasVolumes: Bool) async throws -> VolumeUse

  /// Shows the plan, and goes ahead if that is wanted.
  ///
  /// - Parameters:
  ///   - command: what to type to go ahead without being asked.
  /// - Throws: what planning and restoring throw; ``CommandError`` if nobody said yes.
  func run(plan isPlan: Bool, yes: Bool, command: String) async throws {
    let environment = CommandEnvironment.current
    let named = survey.workloads(of: selection.points.map(\.store.source)).map(Workload.init(_:))
    let hasVolumes = selection.points.contains { $0.store.source.kind == .volume }
    let use = hasVolumes || !named.isEmpty ? try await means(hasVolumes) : nil
    var plan = try await makePlan(hasVolumes ? use : nil)
    if let use {
      plan.named = named
      (plan.running, plan.absent) = try await use.look(for: named)
    }
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
    var restore = InPlaceRestore(
      journal: try RestoreJournal(state: state, holder: LockHolder.text), clock: environment.clock)
    restore.volumes = use
    let (record, lock) = try restore.begin(plan)
    defer { withExtendedLifetime(lock) {} }
    try await RestoreWork(restore: restore, repository: repository, output: output).finish(record)
  }

  private func makePlan(_ use: VolumeUse?) async throws -> InPlacePlan {
    guard paths.isEmpty || selection.points.count == 1 else {
      throw CommandError(
        .usage, "cannot tell of which source of \(selection.name) the paths are",
        hint: "choose one with --source: \(selection.points.map(\.store.source.typedName).joined(separator: ", "))")
    }
    let earlier = try RestoreJournal.openForReading(state: state)?.records() ?? []
    let planning = try await VolumePlanning(use, from: from, time: time, now: CommandEnvironment.current.clock.now())
    var surroundings: LiveTree.Surroundings?
    var parts: [InPlacePlan.Part] = []
    for selected in selection.points {
      let trust = try PointTrust(of: selected.point, in: selected.store, earlier: earlier)
      if selected.store.source.kind == .volume, let planning {
        guard paths.isEmpty else {
          throw CommandError(
            .usage, "cannot restore single paths of \(selected.store.source) in place: it is a volume",
            hint: "leave out --path, or restore it with --to DIR")
        }
        parts.append(try await planning.part(selected, trust))
        continue
      }
      if surroundings == nil { surroundings = try lookAround() }
      guard let surroundings else { continue }
      parts.append(
        try InPlacePlan.part(
          selected.store, selected.point, paths: try selected.entryPaths(paths),
          live: try LiveTree(try livePath(of: selected), wholly: paths.isEmpty, in: surroundings), trust: trust))
    }
    return InPlacePlan(
      name: selection.name, parts: parts, keepUndo: keepUndo ?? RestoreDeclaration.defaultKeepUndo)
  }

  private func lookAround() throws -> LiveTree.Surroundings {
    try .current(
      needed: [
        (PathBytes(path: repository.location), "the repository"), (PathBytes(path: state), "the state directory"),
      ])
  }

  private func livePath(of selected: PointSelection) throws -> PathBytes {
    let source = selected.store.source
    func refusal(_ why: String, hint: String) -> CommandError {
      CommandError(.usage, "cannot restore \(source) in place: \(why)", hint: hint)
    }
    let others = selection.points.count > 1 ? "; the others with --source" : ""
    guard source.kind == .tree else {
      throw refusal(
        "only trees and volumes are", hint: "restore it with `backupctl restore \(source) --to DIR`" + others)
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

  /// Does what is left to be done, and says how it came out.
  ///
  /// - Throws: what restoring throws; ``ExitWith`` `degraded` if something isn't as it should be afterwards.
  func finish(_ record: RestoreRecord) async throws {
    let bytes = record.parts.reduce(0) { $0 + $1.bytes }
    let warned = Monitor(false)
    var restore = restore
    let messages = CommandEnvironment.current.messages
    restore.warn = { text in
      messages.line("warning: \(text)")
      warned.update { $0 = true }
    }
    let prepared = restore
    let repository = repository
    let done = try await ProgressDisplay.awaiting(
      output, title: record.name, expectedBytes: bytes, of: RestoreProgress()
    ) { progress in
      try await CancellableWork.run {
        try await prepared.proceed(
          record,
          { source in
            guard let repository, repository.description.id == record.repository else {
              throw CommandError(
                .repositoryMissing,
                "cannot go on with the restore \(record.id): it is from the repository \(record.repository)",
                hint: "mount the disk that holds it, or give it with -r; nothing was replaced")
            }
            return repository.store(source)
          }, progress: progress)
      }
    }
    try RestoreRow(done, isRunning: false, now: CommandEnvironment.current.clock.now()).printResult(output)
    if warned.update({ $0 }) { throw ExitWith(status: .degraded) }
  }
}
