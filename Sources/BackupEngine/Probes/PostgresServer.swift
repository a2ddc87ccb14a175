import BackupModel
import HostSystem

/// A server of PostgreSQL on restored data, for as long as it is asked something.
final class PostgresServer {
  private static let port = "5432"
  /// What the address of a socket has room for, with its ending byte.
  private static let socketBytes = 107
  private static let mostFindings = 20

  private let bin: String
  private let directory: String
  private let home: PathBytes
  private let homeText: String
  private let account: Isolation.Account?
  private let isolation: Isolation
  private let timeLimit: Duration
  private let workspace: OpenFile
  private let ownerBefore: (user: UInt32, group: UInt32)
  /// What should be known of how it was examined.
  private(set) var notes: [String] = []

  /// Prepares everything for a start. What there is of the past of another server, and of its configuration, is removed from the copy.
  ///
  /// - Throws: `Isolation.Obstacle` if it can't be started; `SystemError`.
  init(_ cluster: PostgresCluster, _ data: RestoredData, programs: String, timeLimit: Duration) throws {
    bin = "\(programs)/\(cluster.version)/bin"
    isolation = data.isolation
    self.timeLimit = timeLimit
    guard let directory = data.argument(cluster.path) else {
      throw Isolation.Obstacle(why: "its path isn't UTF-8, so no program can be given it")
    }
    self.directory = directory
    home = data.workspace + Array("/postgres".utf8)
    homeText = String(decoding: home, as: UTF8.self)
    guard homeText.utf8.count + "/.s.PGSQL.\(Self.port)".utf8.count < Self.socketBytes else {
      throw Isolation.Obstacle(
        why: "the path of a socket in \(homeText) would be too long; give a shorter place with `--scratch`")
    }
    guard Self.exists("\(bin)/postgres") else {
      throw Isolation.Obstacle(
        why: "there is no server of version \(cluster.version) in \(bin) (Debian: postgresql-\(cluster.version))",
        isToolMissing: true)
    }
    let root = try OpenFile.open(data.path(of: cluster.path), .directory)
    let status = try root.status()
    if ProcessStatus.isRoot {
      guard status.owner != 0 else {
        throw Isolation.Obstacle(why: "root owns the directory, and the server refuses to be root's")
      }
      account = Isolation.Account(user: status.owner, group: status.group)
    } else {
      account = nil
    }
    workspace = try OpenFile.open(data.workspace, .directory)
    let before = try workspace.status()
    ownerBefore = (before.owner, before.group)
    do {
      try prepare(root)
    } catch {
      leave()
      throw error
    }
  }

  private func prepare(_ root: OpenFile) throws(SystemError) {
    for name in ["postmaster.pid", "postgresql.auto.conf", "standby.signal", "recovery.signal"] {
      do throws(SystemError) {
        try root.unlink(PathBytes(path: name))
      } catch {
        guard error.isMissing else { throw error }
      }
    }
    // The server refuses a directory that others can read.
    try root.setPermissions(0o700)
    let name = PathBytes(path: "postgres")
    try workspace.makeDirectory(name, permissions: 0o700)
    let home = try workspace.open(name, .directory)
    try write("postgresql.conf", configuration, in: home)
    // Who gets at the socket has passed the permissions of its directory.
    try write("pg_hba.conf", "local all all trust\n", in: home)
    try write("pg_ident.conf", "", in: home)
    guard let account else { return }
    for file in ["postgresql.conf", "pg_hba.conf", "pg_ident.conf"] {
      try home.setOwner(of: PathBytes(path: file), owner: account.user, group: account.group)
    }
    try home.setOwner(owner: account.user, group: account.group)
    // Only the owner of the data, and root, come to the copy through this directory.
    try workspace.setOwner(owner: account.user, group: account.group)
  }

  /// Takes the scratch directory back.
  func leave() {
    do throws(SystemError) {
      try workspace.setOwner(owner: ownerBefore.user, group: ownerBefore.group)
      let home = try workspace.open(PathBytes(path: "postgres"), .directory)
      try home.removeContents()
      try workspace.removeDirectory(PathBytes(path: "postgres"))
    } catch {
      // All of it is removed with the scratch directory.
    }
  }

  private func write(_ name: String, _ text: String, in directory: OpenFile) throws(SystemError) {
    let file = try directory.open(PathBytes(path: name), .newFile(permissions: 0o600))
    try file.write(Array(text.utf8))
    try file.close()
  }

  /// Nothing of what was restored configures the server: libraries, paths and hosts are those of another life.
  private var configuration: String {
    """
    listen_addresses = ''
    port = \(Self.port)
    unix_socket_directories = '\(homeText.replacing("'", with: "''"))'
    hba_file = '\(homeText.replacing("'", with: "''"))/pg_hba.conf'
    ident_file = '\(homeText.replacing("'", with: "''"))/pg_ident.conf'
    fsync = off
    autovacuum = off
    logging_collector = off
    log_destination = 'stderr'
    lc_messages = 'C'
    shared_buffers = 32MB
    max_connections = 100
    huge_pages = off
    restart_after_crash = off
    archive_mode = off

    """
  }

  // MARK: - Asking

  /// Recovers the data, starts the server, asks each database something, has `pg_amcheck` examine all tables, and stops the server.
  ///
  /// - Returns: what isn't as it should be, as clauses.
  /// - Throws: `Isolation.Obstacle` for what couldn't be done; `CancellationError`.
  func examine() async throws -> [String] {
    let recovery = try await isolation.run(
      ["\(bin)/postgres", "--single", "-D", directory, "-c", "config_file=\(homeText)/postgresql.conf", "template1"],
      limit: timeLimit, as: account, input: Array("SELECT rolname FROM pg_authid WHERE oid = 10\n".utf8))
    guard recovery.isSuccess, let role = Self.value(of: "rolname", in: recovery.output) else {
      return try Self.judged("it can't be recovered: ", recovery)
    }
    enum Event {
      case ended(ChildResult)
      case asked([String], notes: [String])
    }
    let server = ["\(bin)/postgres", "-D", directory, "-c", "config_file=\(homeText)/postgresql.conf"]
    let (isolation, account, timeLimit) = (isolation, account, timeLimit)
    let client = PostgresClient(
      bin: bin, socket: homeText, port: Self.port, role: role, account: account, isolation: isolation,
      timeLimit: timeLimit)
    return try await withThrowingTaskGroup(of: Event.self) { group in
      // Leaving the group stops the server and waits for its end.
      defer { group.cancelAll() }
      group.addTask { .ended(try await isolation.run(server, limit: timeLimit, as: account)) }
      group.addTask {
        let (findings, notes) = try await client.ask()
        return .asked(findings, notes: notes)
      }
      switch try await group.next() {
      case .asked(let findings, let notes):
        self.notes += notes
        return Array(findings.prefix(Self.mostFindings))
      case .ended(let result): return try Self.judged("its server ended by itself: ", result)
      case nil: return []
      }
    }
  }

  /// What a server says that is the fault of this host, not of the data.
  private static let faultsOfHost = [
    "Permission denied", "incompatible with operating system", "incompatible with server", "could not load library",
    "could not map anonymous shared memory", "No space left on device",
  ]

  /// Whether it is this host that a server can't work with, not the data.
  static func isFaultOfHost(_ words: String) -> Bool { faultsOfHost.contains(where: words.contains) }

  private static func judged(_ beginning: String, _ result: ChildResult) throws(Isolation.Obstacle) -> [String] {
    let reason = reason(result)
    if isFaultOfHost(reason) { throw Isolation.Obstacle(why: beginning + reason) }
    return [beginning + reason]
  }

  /// The last line that says why a server couldn't go on.
  private static func reason(_ result: ChildResult) -> String {
    let grave = result.lastWords.last { line in ["PANIC:", "FATAL:", "ERROR:"].contains(where: line.contains) }
    guard let line = grave ?? result.lastWords.last else { return "postgres \(result.end)" }
    // Before the level stand time and process.
    for level in ["PANIC:", "FATAL:", "ERROR:"] {
      if let range = line.firstRange(of: level) {
        return String(line[range.upperBound...].drop(while: \.isWhitespace))
      }
    }
    return line
  }

  /// A value as the server prints it when it runs alone: `1: rolname = "postgres"`.
  private static func value(of name: String, in output: [UInt8]) -> String? {
    let text = String(decoding: output, as: UTF8.self)
    guard let start = text.firstRange(of: "\(name) = \"") else { return nil }
    return text[start.upperBound...].firstRange(of: "\"\t").map { String(text[start.upperBound..<$0.lowerBound]) }
  }

  private static func exists(_ path: String) -> Bool {
    // Whatever is the cause: a program that can't be reached can't be started.
    (try? OpenFile.open(PathBytes(path: path), .readOwn)) != nil
  }
}
