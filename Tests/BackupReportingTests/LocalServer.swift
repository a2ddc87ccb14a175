import BackupModel
import HostSystem
import Testing

/// A real server on the loopback, started for a test and stopped after it.
actor LocalServer {
  private var lines: [String] = []
  private var port: Int?
  private var waiting: [CheckedContinuation<Int?, Never>] = []
  private var readers: [CheckedContinuation<Void, Never>] = []
  private var hasEnded = false

  /// What the server has printed so far.
  var printed: [String] { lines }

  /// Runs a program that prints the port on which it listens, and `body` while it does.
  ///
  /// - Parameter portOf: the port in a line of its output, if the line names one.
  static func run(
    _ command: ChildCommand, portOf: @escaping @Sendable (String) -> Int?,
    _ body: (_ address: String, _ server: LocalServer) async throws -> Void
  ) async throws {
    var command = command
    command.timeLimit = .seconds(60)
    command.stopGrace = .seconds(1)
    let server = LocalServer()
    let task = Task { [command] in
      // It is stopped by cancelling, so how it ended says nothing; what it printed is there.
      _ = try? await command.run { line in
        let text = String(decoding: line, as: UTF8.self)
        await server.add(text, port: portOf(text))
      }
      await server.end()
    }
    do {
      let port = await server.listeningPort()
      let printed = await server.printed
      try await body("http://127.0.0.1:\(try #require(port, "\(command.text) ended with \(printed)"))", server)
    } catch {
      task.cancel()
      await task.value
      throw error
    }
    task.cancel()
    await task.value
  }

  /// What the server has printed, once it has printed a line that `isLast` is true of.
  func printed(until isLast: @escaping @Sendable (String) -> Bool) async -> [String] {
    while !lines.contains(where: isLast), !hasEnded {
      await withCheckedContinuation { readers.append($0) }
    }
    return lines
  }

  private func listeningPort() async -> Int? {
    if port != nil || hasEnded { return port }
    return await withCheckedContinuation { waiting.append($0) }
  }

  private func add(_ line: String, port found: Int?) {
    lines.append(line)
    wakeReaders()
    guard port == nil, let found else { return }
    port = found
    resume()
  }

  private func end() {
    hasEnded = true
    resume()
    wakeReaders()
  }

  private func wakeReaders() {
    for reader in readers { reader.resume() }
    readers = []
  }

  private func resume() {
    for continuation in waiting { continuation.resume(returning: port) }
    waiting = []
  }
}

/// Whether a program can be found.
func isInstalled(_ name: String) -> Bool {
  (environmentVariables()["PATH"] ?? "").split(separator: ":").contains { directory in
    (try? OpenFile.open(Array("\(directory)/\(name)".utf8), .readOwn)) != nil  // That it can't be opened is the answer.
  }
}
