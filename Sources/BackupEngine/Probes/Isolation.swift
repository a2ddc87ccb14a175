import BackupModel
import HostSystem

/// Runs the programs of probes where they can't do much: without a network, with mounts and processes of their own, for a limited time.
///
/// The limit holds even if this process is killed: a program that outlives it is ended by `timeout`, and with it all that it started.
struct Isolation: Sendable {
  /// Who a program acts as.
  struct Account: Sendable, Hashable {
    var user: UInt32
    var group: UInt32
  }

  /// Why a program couldn't do its work.
  struct Obstacle: Error, Sendable, Hashable {
    let why: String
    var isToolMissing = false
  }

  private static let namespaces = ["--net"] + namespacesOfMounts
  /// What the host unmounts is unmounted here too: else a snapshot that was mounted when the namespace was made would stay in use as long
  /// as it is there. What is mounted here isn't seen by the host.
  static let namespacesOfMounts = ["--mount", "--propagation", "slave", "--pid", "--fork", "--kill-child"]
  /// The words that come before a program; none if nothing can be done.
  private let prefix: [String]
  /// Why programs aren't isolated; nil if they are.
  let shortfall: String?

  private init(prefix: [String], shortfall: String?) {
    self.prefix = prefix
    self.shortfall = shortfall
  }

  /// Finds out what this process may do, by doing it once.
  ///
  /// - Throws: `CancellationError`.
  static func find() async throws -> Isolation {
    let words = (ProcessStatus.isRoot ? [] : ["--user", "--map-current-user"]) + namespaces
    var trial = ChildCommand("unshare", words + ["--", "true"])
    // Long: a host so busy that this takes its time must not lose the isolation for it.
    trial.timeLimit = .seconds(300)
    let why: String
    do {
      let result = try await trial.run()
      if result.isSuccess { return Isolation(prefix: ["unshare"] + words + ["--"], shortfall: nil) }
      why = result.lastWords.last ?? "unshare \(result.end)"
    } catch let error as ChildError {
      why = error.message
    }
    return Isolation(
      prefix: [], shortfall: "probes ran with the host's network and mounts, since they can't have their own: \(why)")
  }

  /// The same with the mounts of another process and among its processes, where programs end with it, even if this process is killed.
  ///
  /// - Parameter process: one that `unshare` gave mounts and, for its child, processes of its own.
  func inside(_ process: Int32) -> Isolation {
    let entering = [
      "nsenter", "--mount=/proc/\(process)/ns/mnt", "--pid=/proc/\(process)/ns/pid_for_children", "--",
    ]
    return Isolation(prefix: entering + prefix, shortfall: shortfall)
  }

  /// The path of a program that a user who isn't root doesn't look for; its name if it isn't there.
  static func path(ofSystemProgram name: String) -> String {
    ["/usr/sbin/\(name)", "/sbin/\(name)"].first { path in
      // Whatever is the cause: then the name alone is looked for.
      (try? OpenFile.open(PathBytes(path: path), .readOwn)) != nil
    } ?? name
  }

  /// A program with its arguments as it is run.
  ///
  /// - Parameters:
  ///   - limit: how long it may take.
  ///   - account: who it acts as, without any further right; nil is who runs this process.
  func command(_ vector: [String], limit: Duration, as account: Account? = nil) -> ChildCommand {
    // A little more than our own limit, whose error says more.
    let seconds = limit.components.seconds + 15
    var words = ["--kill-after=5", "\(seconds)"] + prefix
    if let account {
      words += [
        "setpriv", "--reuid=\(account.user)", "--regid=\(account.group)", "--clear-groups", "--no-new-privs",
        "--inh-caps=-all", "--",
      ]
    }
    var command = ChildCommand("timeout", words + vector)
    command.timeLimit = limit
    command.stopGrace = .seconds(5)
    return command
  }

  /// Runs a program to its end.
  ///
  /// - Throws: ``Obstacle`` if it isn't installed or had to be stopped; `CancellationError`. Any exit code is a result.
  func run(
    _ vector: [String], limit: Duration, as account: Account? = nil, environment: [String: String] = ["LC_ALL": "C"],
    input: [UInt8] = [], writingTo file: OpenFile? = nil
  ) async throws -> ChildResult {
    var command = command(vector, limit: limit, as: account)
    command.environment = environment
    command.input = input
    let result: ChildResult
    do {
      result = if let file { try await command.run(writingTo: file) } else { try await command.run() }
    } catch let error as ChildError {
      let program = vector.first ?? ""
      throw switch error.code {
      case .timedOut: Obstacle(why: "\(program) took longer than \(limit.inSeconds) s and was stopped")
      case .notStarted: Obstacle(why: "the program timeout isn't installed", isToolMissing: true)
      case .tooMuchOutput, .lost: Obstacle(why: "\(program): \(error.description)")
      }
    }
    if let missing = Self.missingProgram(result, vector.first ?? "") {
      throw Obstacle(why: "the program \(missing) isn't installed", isToolMissing: true)
    }
    return result
  }

  /// What `timeout`, `unshare` and `setpriv` say of a program that isn't there, with code 127; a script of the program's may end so too, but
  /// not with these words.
  private static func missingProgram(_ result: ChildResult, _ program: String) -> String? {
    guard result.end == .exited(127), let line = result.lastWords.last,
      ["timeout: ", "unshare: ", "setpriv: "].contains(where: line.hasPrefix)
    else { return nil }
    return line.hasPrefix("unshare: ") && line.contains(" setpriv") ? "setpriv" : program
  }
}
