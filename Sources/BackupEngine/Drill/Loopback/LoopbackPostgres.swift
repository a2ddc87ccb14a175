import BackupModel
import HostSystem
import VolumeSnapshots

/// A server of PostgreSQL on a volume of a drill, made for it: real data that are written while they are archived.
struct LoopbackPostgres: Sendable {
  /// The directory of the data, at the top of the volume.
  static let directoryName = "postgres"
  private static let account = "postgres"
  private static let programs = "/usr/lib/postgresql"
  private static let startLimit = Duration.seconds(300)

  /// The version of the server.
  let version: String
  private let mountPoint: String
  private let socket: String
  private let tools: HostTools

  private var data: String { "\(mountPoint)/\(Self.directoryName)" }
  private var bin: String { "\(Self.programs)/\(version)/bin" }

  /// Finds the newest server that is installed.
  ///
  /// - Parameters:
  ///   - mountPoint: where the volume is mounted.
  ///   - socket: the directory of its socket; made here.
  /// - Returns: nil if there is none, or no account to run it as.
  static func find(mountPoint: String, socket: String, _ tools: HostTools) async throws -> LoopbackPostgres? {
    // Without the directory there is no server.
    let names = (try? OpenFile.open(PathBytes(path: programs), .directory).names()) ?? []
    let versions = names.compactMap { Int(String(decoding: $0, as: UTF8.self)) }.sorted(by: >)
    for version in versions {
      // One of which only the client is installed has no `initdb`.
      guard (try? OpenFile.open(PathBytes(path: "\(programs)/\(version)/bin/initdb"), .readOwn)) != nil else {
        continue
      }
      guard try await tools.run("id", ["-u", account], input: [], timeLimit: .seconds(20)).isSuccess else { return nil }
      return LoopbackPostgres(
        version: "\(version)", mountPoint: mountPoint, socket: socket, tools: tools)
    }
    return nil
  }

  /// Makes the data, starts the server and makes a table of some rows.
  ///
  /// - Throws: `VolumeError` `toolFailed`; ``EngineError`` `targetUnusable` if the server's account can't reach the place.
  func make(rows: Int) async throws {
    try await requirePassage()
    for directory in [data, socket] {
      _ = try await tools.output(
        of: "install", ["-d", "-m", "0700", "-o", Self.account, directory], to: "make \(directory)")
    }
    try await asAccount(
      ["\(bin)/initdb", "--auth=trust", "--no-sync", "--wal-segsize=1", "--no-locale", "--pgdata", data],
      "make a database")
    try await start()
    try await ask("CREATE TABLE drill (id integer PRIMARY KEY, text text)")
    try await insert(rows)
  }

  /// Adds rows, committed one and all.
  func insert(_ rows: Int) async throws {
    try await ask(
      "INSERT INTO drill SELECT n + (SELECT coalesce(max(id), 0) FROM drill), md5(n::text) FROM generate_series(1, \(rows)) n"
    )
  }

  /// The server isn't root: each directory above its own must let it through.
  private func requirePassage() async throws {
    let result = try await tools.run(
      "setpriv", account(["test", "-x", mountPoint]), input: [], timeLimit: .seconds(20))
    guard !result.isSuccess else { return }
    throw EngineError(
      .targetUnusable,
      "cannot run PostgreSQL below \(mountPoint): its account \(Self.account) can't pass through a directory above",
      hint: "let others through with `chmod o+x`, or give another place with `--scratch`")
  }

  private func ask(_ statement: String) async throws {
    try await asAccount(
      ["\(bin)/psql", "--no-psqlrc", "--quiet", "--host", socket, "--dbname", "postgres", "--command", statement],
      "write to the database")
  }

  private func start() async throws {
    try await asAccount(
      [
        "\(bin)/pg_ctl", "start", "--wait", "--silent", "--timeout", "\(Self.startLimit.components.seconds)",
        "--pgdata",
        data, "--log", "\(data)/server.log", "--options",
        "-k \(socket) -c listen_addresses='' -c shared_buffers=16MB -c max_wal_size=8MB",
      ], "start the database")
  }

  private func asAccount(_ vector: [String], _ purpose: String) async throws {
    _ = try await tools.output(
      of: "setpriv", account(vector), to: purpose, timeLimit: Self.startLimit)
  }

  private func account(_ vector: [String]) -> [String] {
    ["--reuid=\(Self.account)", "--regid=\(Self.account)", "--init-groups", "--"] + vector
  }

  /// Ends the server of a directory at once, if there is one.
  static func stopServer(of data: String, _ tools: HostTools) async throws {
    let file = PathBytes(path: "\(data)/postmaster.pid")
    // A directory that isn't there, or a server that isn't running, has no such file.
    let bytes = (try? OpenFile.open(file, .readOwn).contents(at: 0, count: 32)) ?? []
    let first = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first
    guard let process = first.flatMap({ Int32($0) }) else { return }
    // A number may be another process's by now: a server has its data as its working directory.
    let cwd = try? OpenFile.open(PathBytes(path: "/proc/\(process)"), .directory).linkTarget(of: PathBytes(path: "cwd"))
    guard cwd == PathBytes(path: data) else { return }
    // To a server this is the wish to end at once. Whether it did, unmounting tells.
    _ = try await tools.run("kill", ["-QUIT", "\(process)"], input: [], timeLimit: .seconds(20))
  }
}
