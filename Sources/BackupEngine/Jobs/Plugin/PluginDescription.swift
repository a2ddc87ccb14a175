import BackupModel
import BackupPolicy
import FoundationEssentials
import HostSystem

/// What a plug-in says of itself, and where it is.
struct PluginDescription: Sendable {
  let plugin: KindPlugin
  let executable: PathBytes
  /// The keys that a declaration of the kind may have beside those of all jobs.
  let keys: Set<String>
  /// Whether each task's content goes into a stream source.
  let streams: Bool

  private static let mostKeys = 1000

  /// Asks a plug-in.
  ///
  /// - Throws: `EngineError` `refused` or `badSpecification`; `CancellationError`.
  static func ask(_ plugin: KindPlugin, within timeLimit: Duration) async throws -> PluginDescription {
    let executable = try plugin.trustedExecutable()
    var command = ChildCommand(String(decoding: executable, as: UTF8.self), ["describe"])
    command.timeLimit = timeLimit
    command.stopGrace = .seconds(1)
    command.outputLimit = .mebibytes(1)
    func failure(_ why: String, cause: String? = nil) -> EngineError {
      EngineError(
        .badSpecification, "cannot use the kind \(plugin.kind): \(plugin.name) describe: \(why)", cause: cause,
        hint: "try it by itself: \(command.text)")
    }
    let result: ChildResult
    do {
      result = try await command.run()
    } catch let error as ChildError {
      throw failure(error.message, cause: error.cause)
    }
    guard result.isSuccess else { throw failure("it \(result.end)", cause: result.lastWords.last) }
    let said: PluginMessages.Description
    do {
      guard String(validating: result.output, as: UTF8.self) != nil else { throw PluginFault("") }
      said = try JSONDecoder().decode(PluginMessages.Description.self, from: Data(result.output))
    } catch {
      throw failure(
        "what it says is not a description as the protocol has it",
        cause: Array(result.output.prefix(200)).displayedPath)
    }
    guard said.protocol == KindPlugin.protocolVersion else {
      throw failure(
        "it speaks version \(said.protocol) of the protocol; this is for version \(KindPlugin.protocolVersion)")
    }
    let keys = Set(said.keys)
    if let common = keys.intersection(JobDeclaration.commonKeys).min() {
      throw failure("its key `\(common)` is one that all jobs have")
    }
    guard keys.count <= mostKeys else { throw failure("it has more than \(mostKeys) keys") }
    return PluginDescription(plugin: plugin, executable: executable, keys: keys, streams: said.streams ?? false)
  }

  /// Checks the keys of a declaration.
  ///
  /// - Throws: `PolicyError` for an unknown one, naming its line and the nearest known key.
  func check(_ declaration: JobDeclaration) throws(PolicyError) {
    for key in declaration.specification.keys where !keys.contains(key) {
      let nearest = nearestName(to: key, among: keys).map { "; did you mean `\($0)`?" } ?? ""
      throw PolicyError(
        at: declaration.specification[key]?.location ?? declaration.location,
        "unknown key `\(key)` in job `\(declaration.name)` of kind `\(declaration.kind)`\(nearest)",
        hint: "keys known here: "
          + keys.union(JobDeclaration.commonKeys).sorted().map { "`\($0)`" }.joined(separator: ", "))
    }
  }
}
