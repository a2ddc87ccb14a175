import BackupModel
import HostSystem
import Synchronization
import VolumeSnapshots

/// A volume group `pve` with the thin pool `data`, as lvm2 and dmsetup show it: what the suites of the real pool do with
/// those programs can be done with it too.
///
/// Somebody writes to all active volumes between any two commands, but only if he could write to each: the n-th time
/// he writes n. So two volumes have the same content exactly if nothing was written between.
final class FakePool: ToolRunning {
  struct Volume {
    var uuid: String
    var thinID: Int
    var origin: String?
    var tags: Set<String> = []
    var isReadOnly = false
    var skipsActivation = false
    var isActive = true
    var isOpen = false
    var isSuspended = false
  }

  struct State {
    var volumes: [String: Volume] = [:]
    /// The content of each thin device.
    var content: [Int: Int] = [:]
    var sequence = 10
    var written = 0
    var dataLevel = "10.00"
    var metadataLevel = "10.00"
    var health = ""
    var check = ""
    var isActive = true
    var calls: [[String]] = []
    /// What happens before the first command whose text contains a word.
    var before: [(word: String, change: @Sendable (inout State) -> Void)] = []
    /// Commands whose text contains a word fail so often.
    var failures: [(word: String, times: Int)] = []
    var made = 0

    mutating func add(_ name: String, origin: String? = nil) -> Volume {
      made += 1
      // The lowest free number: numbers are reused, which LVM does too when the highest goes.
      let used = Set(volumes.values.map(\.thinID))
      let id = (1...).first { !used.contains($0) } ?? 0
      let volume = Volume(uuid: "uuid-\(made)", thinID: id, origin: origin.flatMap { volumes[$0]?.uuid })
      volumes[name] = volume
      content[id] = origin.flatMap { volumes[$0] }.flatMap { content[$0.thinID] } ?? 0
      sequence += 1
      return volume
    }
  }

  let state = Mutex(State())

  init(volumes: [String] = ["a", "b"]) {
    state.withLock { state in for name in volumes { _ = state.add(name) } }
  }

  func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
  func before(_ word: String, _ change: @escaping @Sendable (inout State) -> Void) {
    state.withLock { $0.before.append((word, change)) }
  }
  func fail(_ word: String, times: Int = 1) { state.withLock { $0.failures.append((word, times)) } }
  func content(of name: String) -> Int? {
    state.withLock { state in state.volumes[name].flatMap { state.content[$0.thinID] } }
  }
  func volume(_ name: String) -> Volume? { state.withLock { $0.volumes[name] } }
  var names: [String] { state.withLock { $0.volumes.keys.sorted() } }
  /// The commands that changed something.
  var changes: [[String]] {
    state.withLock { $0.calls.filter { $0[0] != "lvs" && !["info", "table"].contains($0[1]) } }
  }

  func run(_ tool: String, _ arguments: [String], input: [UInt8], timeLimit: Duration) async throws -> ChildResult {
    state.withLock { state in
      let text = ([tool] + arguments).joined(separator: " ")
      state.calls.append([tool] + arguments)
      if let index = state.before.firstIndex(where: { text.contains($0.word) }) {
        state.before.remove(at: index).change(&state)
      }
      state.write()
      if let index = state.failures.firstIndex(where: { text.contains($0.word) && $0.times > 0 }) {
        state.failures[index].times -= 1
        return ChildResult(end: .exited(5), lastWords: ["\(tool) does not want to"])
      }
      let output: String?
      switch tool {
      case "lvs": output = state.volumeReport(selection: Self.option("--select", arguments))
      case "lvcreate": output = state.create(arguments)
      case "lvremove": output = state.remove(Self.option("--select", arguments))
      case "lvchange": output = state.changeVolumes(arguments)
      case "dmsetup": output = state.deviceMapper(arguments)
      default: output = nil
      }
      guard let output else { return ChildResult(end: .exited(5), lastWords: ["  Failed: \(text)"]) }
      return ChildResult(end: .exited(0), output: Array(output.utf8))
    }
  }

  static func option(_ name: String, _ arguments: [String]) -> String? {
    arguments.firstIndex(of: name).map { arguments[$0 + 1] }
  }
}
