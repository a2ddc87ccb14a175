import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem
import JobEngine

/// A job whose tasks are found and performed by an executable.
struct PluginBody: JobBody {
  let description: PluginDescription
  let declaration: JobDeclaration
  let scope: JobScope

  private static let mostTasks = 10_000
  private static let longestTime = 1e9

  func expand(_ inputs: [JobInput<SourceID>]) async throws -> [PlannedTask<SourceID>] {
    let input = PluginMessages.Expand(
      job: declaration.name, kind: declaration.kind, specification: declaration.specification.jsonValue,
      inputs: inputs.map { input in
        PluginMessages.Input(
          job: input.job, subject: input.subject.description, state: input.state.word, results: input.results)
      }, facts: facts)
    let answered = try await conversation().ask("expand", input, for: PluginMessages.Expansion.self)
    do {
      return try await planned(answered.answer.tasks)
    } catch let fault as PluginFault {
      throw TaskFailure("cannot use the tasks that \(description.plugin.name) expand names: \(fault.what)")
    }
  }

  private func planned(_ tasks: [PluginMessages.Task]) async throws -> [PlannedTask<SourceID>] {
    guard tasks.count <= Self.mostTasks else {
      throw PluginFault("there are \(tasks.count) of them, \(Self.mostTasks) are allowed")
    }
    var seen: Set<SourceID> = []
    let subjects = try tasks.map { task in
      let shown = PluginText.shown(task.subject, most: 200)
      guard let subject = SourceID(parsing: task.subject) else {
        throw PluginFault("`\(shown)` is not the name of a source, such as stream/pg/app")
      }
      guard seen.insert(subject).inserted else { throw PluginFault("`\(shown)` is named twice") }
      if description.streams {
        guard subject.kind == .stream else { throw PluginFault("`\(shown)` is not a stream") }
        guard Self.isFileName(file(of: task.parameters ?? [:])) else {
          throw PluginFault("the `file` of `\(shown)` is not the name of one file")
        }
      }
      for seconds in [task.stalenessSeconds, task.expectedSeconds].compactMap({ $0 })
      where !(0...Self.longestTime).contains(seconds) {
        throw PluginFault("a time of `\(shown)` is not a number of seconds")
      }
      return subject
    }
    let staleness = try await lastArchives(of: description.streams ? subjects : [])
    return zip(subjects, tasks).map { subject, task in
      PlannedTask(
        subject, staleness: task.stalenessSeconds.map { .seconds($0) } ?? scope.age(of: staleness[subject]),
        expectedDuration: task.expectedSeconds.map { .seconds($0) }, parameters: task.parameters ?? [:])
    }
  }

  /// When sources were last archived, for the order of tasks only: points that can't be read are reported by the archive.
  private func lastArchives(of sources: [SourceID]) async throws -> [SourceID: Timestamp] {
    try await withBlockingTask { _ in
      try sources.reduce(into: [:]) { times, source in
        times[source] = try scope.settings.repository.store(source).latestGoodPoint { _, _ in }?.begun
      }
    }
  }

  private func file(of parameters: [String: String]) -> String {
    parameters["file"] ?? StreamDeclaration.defaultFile
  }

  private static func isFileName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 255
      && !name.utf8.contains { $0 == 0 || $0 == 0x2F }
  }

  func run(_ task: PlannedTask<SourceID>, _ context: TaskContext<SourceID>) async throws -> TaskOutcome {
    var input = PluginMessages.Run(
      job: declaration.name, kind: declaration.kind, specification: declaration.specification.jsonValue,
      subject: task.subject.description, parameters: task.parameters, attempt: context.attempt, facts: facts)
    let conversation = conversation { context.report($0) }
    guard description.streams else {
      return outcome(try await conversation.ask("run", input, for: PluginMessages.Outcome.self))
    }
    return try await withTaskFailures {
      let fifo = try StreamFIFO(
        in: scope.scratchDirectory, for: task.subject, repository: scope.settings.repository,
        leasing: scope.leasing)
      // What can't be ended here a later run ends.
      defer { try? fifo.remove() }
      input.stream = String(decoding: fifo.path, as: UTF8.self)
      let request = scope.settings.request(
        for: task.subject, file: file(of: task.parameters), mayBeEmpty: task.parameters["may-be-empty"] == "true")
      let answer = Monitor<TaskOutcome?>(nil)
      let told = input
      let point = try await StreamArchive(request, clock: scope.clock)
        .run((fifo.reading, fifo.writing), progress: ArchiveProgress()) { _ in
          let said = outcome(try await conversation.ask("run", told, for: PluginMessages.Outcome.self))
          answer.update { $0 = said }
        }
      return TaskOutcome(of: point).joined(with: answer.update { $0 })
    }
  }

  private func outcome(_ answered: PluginConversation.Answered<PluginMessages.Outcome>) -> TaskOutcome {
    let answer = answered.answer
    return TaskOutcome(
      answer.grade == .succeeded ? .succeeded : .degraded, message: PluginText.shown(answer.message ?? ""),
      details: answered.remarks + (answer.details ?? []).map { PluginText.shown($0) }, results: answer.results ?? [:])
  }

  private func conversation(
    _ report: @escaping @Sendable (TaskProgress) -> Void = { _ in }
  ) -> PluginConversation {
    PluginConversation(plugin: description.plugin, executable: description.executable, report: report)
  }

  private var facts: PluginMessages.Facts {
    PluginMessages.Facts(
      host: scope.settings.host, tool: scope.settings.tool, repository: scope.settings.repository.location,
      scratch: scope.scratchDirectory.displayedPath, run: scope.run)
  }
}

extension TaskOutcome {
  /// The outcome of making a point and that of the plug-in that wrote its content, as one.
  fileprivate func joined(with said: TaskOutcome?) -> TaskOutcome {
    guard let said else { return self }
    return TaskOutcome(
      grade == .succeeded ? said.grade : grade,
      message: said.message.isEmpty ? message : "\(message); \(said.message)", details: details + said.details,
      // Which point it is only this side knows.
      results: said.results.merging(results) { _, ours in ours })
  }
}
