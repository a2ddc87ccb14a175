import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Looks after restores in place that were begun earlier, for the command `restore`.
struct EarlierRestores {
  let configuration: Configuration?
  let repository: RepositoryOptions
  let state: StateOptions
  let output: OutputOptions
  let plan: Bool
  let yes: Bool

  private static let expired = "expired"
  private var environment: CommandEnvironment { .current }

  /// Lists restores: those that keep something or aren't finished, with -v all.
  func list() throws {
    let rows = try rows(of: try records().filter { output.verbose || $0.keepsAnything || !$0.isReached })
    if output.json { return environment.output.line(try JSONText.encode(rows)) }
    if rows.isEmpty, !output.quiet { environment.messages.line("no restore in place keeps anything") }
    for line in RestoreRow.lines(rows) { environment.output.line(line) }
  }

  /// Goes on with a restore that was interrupted.
  func resume(_ text: String?) async throws {
    let record = try chosen(text, "go on with") { !$0.isReached }
    try await work(on: record, nil)
  }

  /// Takes a restore back.
  func undo(_ text: String?) async throws {
    let record = try chosen(text, "take back") { record in
      record.intent == .restore && record.parts.contains { $0.state != .removed }
    }
    if record.intent == .restore, record.keepsAnything {
      var lines: [String] = []
      for part in record.parts where part.wasLive {
        let paths = part.paths.map(\.bytes.displayedPath)
        lines.append(
          "\(RestoreRow.replaced(part.live.bytes.displayedPath, paths)) "
            + (part.replacesNothing
              ? "\(paths.count > 1 ? "are" : "is") taken away, since nothing was there before "
              : "\(paths.count > 1 ? "get back what they" : "gets back what it") held before ")
            + "\(record.begun)\(part.root == nil ? "" : ", one name after the other"); what was written \(paths.count > 1 ? "to them" : "to it") since is "
            + "kept in \(part.keptWhenUndone.displayedPath)")
      }
      if let named = record.named, !lines.isEmpty {
        lines.append("meanwhile stopped, if it runs: \(named.map(\.description).joined(separator: ", "))")
      }
      try show(lines)
      if plan { return }
      if !lines.isEmpty { try confirm("take back the restore \(record.id)", "--undo", record.id.description) }
    }
    try await work(on: record, .undo)
  }

  /// Removes what restores keep.
  func forget(_ text: String?) async throws {
    guard let text else {
      throw CommandError(
        .usage, "cannot tell which restore to forget",
        hint: "give its id, or `expired`; `backupctl restore list` shows them")
    }
    let now = environment.clock.now()
    let chosen =
      text == Self.expired
      ? try records().filter { $0.isReached && $0.keepsAnything && $0.isExpired(at: now) }
      : [try chosen(text, "forget") { _ in true }]
    if chosen.isEmpty, !output.quiet { environment.messages.line("no restore keeps anything whose time is over") }
    guard !chosen.isEmpty else { return }
    let kept = chosen.flatMap { record in record.parts.filter { $0.state != .removed } }
    try show(
      kept.map {
        "removes \($0.volume == nil ? $0.place.bytes.displayedPath : $0.kept.displayedPath), "
          + "\(KeptTree.bytes(of: $0)?.description ?? "unknown size")"
      })
    if plan { return }
    if !kept.isEmpty { try confirm("forget what \(text) keeps", "--forget", text) }
    for record in chosen { try await work(on: record, .forget) }
  }

  // MARK: - Work

  private func work(on record: RestoreRecord, _ intent: RestoreRecord.Intent?) async throws {
    var restore = InPlaceRestore(
      journal: try RestoreJournal(state: try state.directory(configuration), holder: LockHolder.text),
      clock: environment.clock)
    if record.hasVolumes {
      restore.volumes = try await VolumeWork.use(configuration, catalog: try state.openCatalog(configuration))
    } else if record.named != nil {
      restore.volumes = VolumeWork.cluster(configuration)
    }
    let (taken, lock) = try restore.take(record.id, intent)
    defer { withExtendedLifetime(lock) {} }
    let needsRepository = taken.intent == .restore && taken.parts.contains { $0.state == .filling && $0.point != nil }
    try await RestoreWork(
      restore: restore, repository: needsRepository ? try repository.open(configuration) : nil, output: output
    ).finish(taken)
  }

  private func show(_ lines: [String]) throws {
    guard !output.quiet || !yes else { return }
    for line in lines { (plan ? environment.output : environment.messages).line(line) }
  }

  private func confirm(_ what: String, _ option: String, _ id: String) throws {
    var words = ["restore", option, id]
    if let config = repository.config { words += ["--config", config] }
    if let directory = state.state { words += ["--state", directory] }
    try Confirmation(yes: yes, what: what, command: ChildCommand("backupctl", words + ["--yes"]).text).obtain()
  }

  // MARK: - Choice

  private func records() throws -> [RestoreRecord] {
    try RestoreJournal.openForReading(state: try state.directory(configuration))?.records() ?? []
  }

  private func rows(of records: [RestoreRecord]) throws -> [RestoreRow] {
    let journal = try RestoreJournal.openForReading(state: try state.directory(configuration))
    return try records.map { record in
      RestoreRow(
        record, isRunning: record.isReached ? false : try journal?.isRunning(record.id) ?? false,
        now: environment.clock.now())
    }
  }

  /// The restore of an id, or the only one that is fit.
  private func chosen(
    _ text: String?, _ what: String, _ isFit: (RestoreRecord) -> Bool
  ) throws -> RestoreRecord {
    let all = try records()
    let hint = "`backupctl restore list -v` shows all restores in place"
    if let text {
      if let record = all.first(where: { $0.id.description == text }) { return record }
      let nearest = nearestName(to: text, among: all.map(\.id.description))
      throw CommandError(
        .usage, "cannot \(what) the restore \(text): there is none",
        hint: nearest.map { "did you mean `\($0)`?" } ?? hint)
    }
    let fit = all.filter(isFit)
    guard let record = fit.last else {
      throw CommandError(.usage, "cannot \(what) a restore: there is none to", hint: hint)
    }
    guard fit.count == 1 else {
      throw CommandError(
        .usage, "cannot tell which restore to \(what): there are \(fit.count)",
        hint: "give one of \(fit.suffix(5).map(\.id.description).joined(separator: ", "))")
    }
    return record
  }
}
