import BackupModel
import FoundationEssentials
import HostSystem
import VolumeSnapshots

/// backupctl as a person calls it, with the configuration of a drill.
struct LoopbackProgram: Sendable {
  /// What a step found that isn't as it must be.
  struct Finding: Error, Sendable {
    let text: String
    var hint: String?
  }

  /// The executable.
  let program: String
  let place: LoopbackPlace
  let environment: [String: String]
  /// How long one call may take.
  let timeLimit: Duration

  /// Writes the configuration and a schedule that archives the volumes.
  func configure() throws(SystemError) {
    let (group, path) = (place.group, place.path)
    try place.write(
      place.configuration,
      """
      repository: {path: \("\(path)/repository".quoted)}
      state-directory: \("\(path)/state".quoted)
      coverage: {roots: []}

      """)
    try place.write(
      place.schedule,
      """
      resources: {disk: 1}
      volumes:
        - {name: images, group: \(group), match: [image, raw]}
        - {name: mounted, group: \(group), match: [files], mode: files}
      jobs:
        images: {kind: archive, volumes: images, uses: disk}
        mounted: {kind: archive, volumes: mounted, uses: disk, after: images, when: always}

      """)
  }

  /// Calls it.
  ///
  /// - Parameters:
  ///   - codes: with which it may end.
  ///   - isConfigured: whether it is given the configuration; `init` takes none.
  /// - Returns: its exit code and what it printed.
  /// - Throws: ``Finding`` if it ends otherwise; `ChildError`; `CancellationError`.
  @discardableResult func call(
    _ words: [String], codes: Set<Int32> = [0], isConfigured: Bool = true
  ) async throws -> (code: Int32, output: String) {
    var command = ChildCommand(program, words + (isConfigured ? ["--config", place.configuration] : []))
    command.environment = environment
    command.timeLimit = timeLimit
    let result = try await command.run()
    let output = String(decoding: result.output, as: UTF8.self)
    guard case .exited(let code) = result.end, codes.contains(code) else {
      let said = result.lastWords.isEmpty ? output.split(separator: "\n").suffix(3).map(String.init) : result.lastWords
      throw Finding(
        text: "`backupctl \(words.joined(separator: " "))` \(result.end): \(said.suffix(3).joined(separator: " | "))",
        hint: "with --keep everything stays, so that it can be called again with --config \(place.configuration)")
    }
    return (code, output)
  }

  /// Calls it with `--json` and reads what it prints.
  func read<Answer: Decodable>(
    _: Answer.Type, _ words: [String], codes: Set<Int32> = [0]
  ) async throws -> Answer {
    let text = try await call(words + ["--json"], codes: codes).output
    do {
      return try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
    } catch {
      throw Finding(text: "`backupctl \(words.joined(separator: " ")) --json` printed something else: \(error)")
    }
  }
}

extension String {
  /// The text as a string of YAML, in single quotes.
  fileprivate var quoted: String { "'\(replacing("'", with: "''"))'" }
}
