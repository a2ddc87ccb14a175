import BackupModel
public import BackupPolicy
public import HostSystem
import JobEngine

/// The kinds of jobs that there are: those that are built in, and the plug-ins of some directories.
public struct JobKindRegistry: Sendable {
  private let plugins: [String: KindPlugin]
  private let directories: [PathBytes]
  private let patience: Duration
  private var descriptions: [String: PluginDescription] = [:]

  /// The built-in kinds alone.
  public static let builtIn = JobKindRegistry(plugins: [:], directories: [], patience: .zero)

  /// The built-in kinds, and the plug-ins in some directories; of several of one name that in the first directory counts.
  ///
  /// Nothing is started. A directory that doesn't exist has no plug-ins.
  /// - Parameter patience: how long a plug-in may take to say what it is.
  /// - Throws: ``EngineError`` `badSpecification` if a directory can't be listed.
  public init(pluginDirectories: [PathBytes], patience: Duration = .seconds(10)) throws(EngineError) {
    self.init(
      plugins: try KindPlugin.find(in: pluginDirectories), directories: pluginDirectories, patience: patience)
  }

  private init(plugins: [String: KindPlugin], directories: [PathBytes], patience: Duration) {
    self.plugins = plugins.filter { JobKinds.kind(named: $0.key) == nil }
    self.directories = directories
    self.patience = patience
  }

  /// For each kind's name the keys that its declarations may have, for `Schedule.parse`; a plug-in's aren't known before it was
  /// asked.
  public var keys: [String: KindKeys] {
    var keys = plugins.mapValues { _ in KindKeys.any }
    for kind in JobKinds.all { keys[kind.name] = .known(kind.keys) }
    return keys
  }

  /// Asks the plug-ins that a schedule uses what they are, and checks the keys of their jobs.
  ///
  /// - Returns: a registry that can make the schedule's bodies.
  /// - Throws: `PolicyError` for an unknown key, with its line and the nearest known one; ``EngineError`` `refused` if others
  ///   could change a plug-in, `badSpecification` if it can't be used.
  public func describing(_ schedule: Schedule) async throws -> JobKindRegistry {
    var registry = self
    for job in schedule.jobs {
      guard let plugin = plugins[job.kind] else { continue }
      let description: PluginDescription
      if let known = registry.descriptions[job.kind] {
        description = known
      } else {
        description = try await PluginDescription.ask(plugin, within: patience)
        registry.descriptions[job.kind] = description
      }
      try description.check(job)
    }
    return registry
  }

  /// Whether the tasks of a kind make points, so that each is an attempt to back up its source.
  func makesPoints(_ kind: String) -> Bool {
    JobKinds.kind(named: kind)?.makesPoints ?? descriptions[kind]?.streams ?? false
  }

  /// Checks a declaration and makes what runs it, with its hooks around.
  ///
  /// - Throws: `PolicyError` naming file and line.
  func body(of job: JobDeclaration, in scope: JobScope) throws -> any JobBody<SourceID> {
    let body: any JobBody<SourceID>
    if let kind = JobKinds.kind(named: job.kind) {
      body = try kind.body(of: job, in: scope)
    } else if let description = descriptions[job.kind] {
      body = PluginBody(description: description, declaration: job, scope: scope)
    } else {
      throw PolicyError(
        at: job.location, "job `\(job.name)` has the unknown kind `\(job.kind)`",
        hint: directories.isEmpty
          ? nil
          : "plug-ins are looked for in " + directories.map(\.displayedPath).joined(separator: ", "))
    }
    guard !job.hooks.isEmpty else { return body }
    return HookedBody(
      body: body, hooks: job.hooks,
      commands: HookCommands(job: job.name, run: scope.run, timeLimit: job.hooks.timeLimit))
  }
}
