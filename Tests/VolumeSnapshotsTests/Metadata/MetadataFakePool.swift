import HostSystem
import Synchronization
import VolumeSnapshots

/// A thin pool that answers as dmsetup and the thin tools do of a real one (recorded with kernel 6.1, lvm2 2.03.16).
final class MetadataFakePool: ToolRunning {
  struct Hold: Hashable {
    var root: Int
    /// What distinguishes the copy of the superblock.
    var content: UInt8
  }
  struct State {
    var model = ThinModel()
    var hold: Hold?
    var nextRoot = 33
    var content: UInt8 = 1
    var isActive = true
    var version = "0.9.0"
    /// Called before each program, with its name and arguments.
    var before: (@Sendable (inout State, String, [String]) throws -> Void)?
    /// Programs with another answer.
    var answers: [String: ChildResult] = [:]
    var log: [String] = []
  }
  private let state: Mutex<State>
  let name: VolumeName

  init(_ name: VolumeName, _ model: ThinModel = ThinModel()) {
    self.name = name
    var state = State()
    state.model = model
    self.state = Mutex(state)
  }

  func with<Result: Sendable>(_ body: @Sendable (inout State) throws -> Result) rethrows -> Result {
    try state.withLock { try body(&$0) }
  }

  var hold: Hold? { with { $0.hold } }
  var log: [String] { with { $0.log } }

  /// Another program makes a metadata snapshot.
  func holdAsForeigner() {
    with {
      $0.content += 1
      Self.reserve(&$0)
    }
  }

  private static func reserve(_ state: inout State) {
    state.hold = Hold(root: state.nextRoot, content: state.content)
    state.nextRoot += 5
  }

  /// What the metadata device has, as ``MetadataHolds`` reads it.
  var readDevice: MetadataHolds.ReadDevice {
    { [self] _, offset, count in
      let content = with { $0.hold.map { Int64($0.root) * 4096 == offset ? $0.content : 0 } ?? 0 }
      return [UInt8](repeating: content, count: count)
    }
  }

  func run(
    _ tool: String, _ arguments: [String], input: [UInt8], timeLimit: Duration
  ) async throws -> ChildResult {
    try with { state in
      state.log.append(([tool] + arguments).joined(separator: " "))
      try state.before?(&state, tool, arguments)
      if let answer = state.answers[tool] ?? state.answers[arguments.last ?? ""] { return answer }
      if arguments == ["-V"] { return Self.ok(state.version + "\n") }
      switch (tool, arguments.first) {
      case ("dmsetup", "info"):
        let uuid = "LVM-\(String(repeating: "g", count: 32))\(String(repeating: "p", count: 32))-tpool"
        return Self.ok("other-one:LVM-x:Active\n" + (state.isActive ? "\(name.mapperName)-tpool:\(uuid):Active\n" : ""))
      case ("dmsetup", "status"):
        guard state.isActive else { return ChildResult(end: .exited(1), lastWords: ["Device does not exist."]) }
        let root = state.hold.map { "\($0.root)" } ?? "-"
        return Self.ok("0 131072 thin-pool 2 112/1024 43/1024 \(root) rw discard_passdown queue_if_no_space - 256 \n")
      case ("dmsetup", "message"): return message(arguments, &state)
      default: break
      }
      guard arguments.first == "--metadata-snap", state.hold != nil else {
        return ChildResult(end: .exited(1), lastWords: ["no current metadata snap"])
      }
      let numbers = arguments.compactMap { Int($0) }
      switch tool {
      case "thin_ls": return Self.ok(state.model.list())
      case "thin_dump":
        return Self.ok(
          arguments.contains("--skip-mappings")
            ? state.model.dump(state.model.devices.keys.sorted(), mappings: false) : state.model.dump(numbers))
      default: return Self.ok(state.model.delta(numbers[0], numbers[1]))
      }
    }
  }

  private func message(_ arguments: [String], _ state: inout State) -> ChildResult {
    guard arguments[1] == "\(name.mapperName)-tpool", arguments[2] == "0" else {
      return ChildResult(end: .exited(1), lastWords: ["Device does not exist."])
    }
    if arguments[3] == "reserve_metadata_snap" {
      guard state.hold == nil else {
        return ChildResult(
          end: .exited(1),
          lastWords: ["device-mapper: message ioctl on \(arguments[1])  failed: Device or resource busy"])
      }
      Self.reserve(&state)
    } else {
      guard state.hold != nil else {
        return ChildResult(
          end: .exited(1), lastWords: ["device-mapper: message ioctl on \(arguments[1])  failed: Invalid argument"])
      }
      state.hold = nil
    }
    return Self.ok("")
  }

  private static func ok(_ text: String) -> ChildResult { ChildResult(end: .exited(0), output: Array(text.utf8)) }
}

/// Leases in memory, as durable as the test.
final class MetadataLeases: VolumeLeasing {
  struct Dead: Error {}
  struct State {
    var details: [VolumeThing: [String: String]] = [:]
    var isDead = false
    var amendFails = false
  }
  private let state = Mutex(State())

  func with<Result: Sendable>(_ body: @Sendable (inout State) throws -> Result) rethrows -> Result {
    try state.withLock { try body(&$0) }
  }

  var details: [VolumeThing: [String: String]] { with { $0.details } }

  func acquire(_ thing: VolumeThing) async throws -> any VolumeLease {
    try with { state in
      if state.isDead { throw Dead() }
      guard state.details.updateValue([:], forKey: thing) == nil else {
        throw VolumeError(.busy, "cannot note \(thing): it is noted already")
      }
    }
    return Lease(leases: self, thing: thing)
  }

  private struct Lease: VolumeLease {
    let leases: MetadataLeases
    let thing: VolumeThing

    func amend(details: [String: String]) async throws {
      let thing = thing
      try leases.with {
        if $0.isDead || $0.amendFails { throw Dead() }
        $0.details[thing] = details
      }
    }

    func release() async throws {
      let thing = thing
      try leases.with {
        if $0.isDead { throw Dead() }
        $0.details[thing] = nil
      }
    }
  }
}
