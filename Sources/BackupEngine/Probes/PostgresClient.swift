import BackupModel
import HostSystem

/// Asks a running throwaway server of PostgreSQL about its databases.
struct PostgresClient: Sendable {
  let bin: String
  /// The directory of its socket.
  let socket: String
  let port: String
  /// Who it was set up by: may do everything.
  let role: String
  let account: Isolation.Account?
  let isolation: Isolation
  let timeLimit: Duration

  private static let pause = Duration.milliseconds(100)

  /// Waits until the server accepts, then asks.
  ///
  /// - Returns: what isn't as it should be, and what should be known.
  /// - Throws: `Isolation.Obstacle`; `CancellationError`, as when the server has ended.
  func ask() async throws -> (findings: [String], notes: [String]) {
    while try await !run("pg_isready", ["-q"]).isSuccess {
      // The server's own time limit ends this too: then the task is cancelled.
      try await ContinuousClock().sleep(for: Self.pause)
    }
    let list = try await query("SELECT datname FROM pg_database WHERE datallowconn ORDER BY datname", in: "template1")
    guard list.isSuccess else { return (["its databases can't be listed: \(Self.words(list))"], []) }
    var findings: [String] = []
    for name in String(decoding: list.output, as: UTF8.self).split(separator: "\n").map(String.init) {
      let answer = try await query("SELECT count(*) FROM pg_class", in: name)
      let words = Self.words(answer)
      if !answer.isSuccess, PostgresServer.isFaultOfHost(words) {
        throw Isolation.Obstacle(why: "the database \(name) can't be used here: \(words)")
      }
      if !answer.isSuccess { findings.append("the database \(name) doesn't answer: \(words)") }
    }
    guard findings.isEmpty else { return (findings, []) }
    return try await examineTables()
  }

  private func examineTables() async throws -> (findings: [String], notes: [String]) {
    let result: ChildResult
    do {
      result = try await run("pg_amcheck", ["--all", "--install-missing", "--no-password", "-U", role])
    } catch let obstacle as Isolation.Obstacle where obstacle.isToolMissing {
      return ([], ["only asked, its tables weren't read: there is no pg_amcheck"])
    }
    if result.isSuccess { return ([], []) }
    // Damage is on its standard output: a line that names the table, and one that says what is wrong with it.
    let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n").map {
      $0.drop(while: \.isWhitespace)
    }
    var findings: [String] = []
    for line in lines {
      if line.hasSuffix(":") || findings.isEmpty {
        findings.append(String(line))
      } else if let last = findings.last, last.hasSuffix(":") {
        findings[findings.count - 1] = "\(last) \(line)"
      }
    }
    if result.end == .exited(2), !findings.isEmpty { return (findings, []) }
    return ([], ["only asked, its tables weren't read: \(Self.words(result))"])
  }

  private func query(_ text: String, in database: String) async throws -> ChildResult {
    // As `dbname` of a connection string, in which a quote and a backslash are escaped: a name may look like one itself.
    let name = database.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
    return try await run("psql", ["-XqAtw", "-v", "ON_ERROR_STOP=1", "-U", role, "-c", text, "-d", "dbname='\(name)'"])
  }

  private func run(_ program: String, _ words: [String]) async throws -> ChildResult {
    try await isolation.run(
      ["\(bin)/\(program)", "-h", socket, "-p", port] + words, limit: timeLimit, as: account,
      environment: ["LC_ALL": "C", "PGCONNECT_TIMEOUT": "10"])
  }

  private static func words(_ result: ChildResult) -> String { result.lastWords.last ?? "it \(result.end)" }
}
