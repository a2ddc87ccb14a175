import TestSupport
import Testing

@testable import BackupEngine

/// The lines of plug-ins are untrusted bytes.
@Suite struct PluginEventTests {
  private typealias Event = PluginEvent<PluginMessages.Outcome>

  @Test func readsAnyMutationOfALineOrRefusesIt() throws {
    let seed: UInt64 = 20_261_122
    var random = SeededRandom(seed: seed)
    let lines = [
      #"{"event":"result","protocol":1,"grade":"succeeded","message":"m","details":["a"],"results":{"a":"b"}}"#,
      #"{"event":"progress","completed":1,"total":18446744073709551615,"activity":"\u00e4"}"#,
      #"{"event":"log","level":"warning","message":"x"}"#,
    ].map { Array($0.utf8) }
    var refused = 0
    for _ in 0..<20_000 {
      var line = lines[random.below(lines.count)]
      for _ in 0...random.below(3) {
        let place = random.below(line.count)
        switch random.below(3) {
        case 0: line[place] = UInt8(random.below(256))
        case 1: line.remove(at: place)
        default: line.insert(contentsOf: random.bytes(1 + random.below(3)), at: place)
        }
      }
      do throws(PluginFault) {
        _ = try Event(line)
      } catch {
        refused += 1
      }
    }
    // Nearly each mutation breaks a line; what counts is that all of them were answered.
    #expect(refused > 10_000, "seed \(seed)")
  }

  @Test func readsDeepNestingWithoutFailing() {
    let deep = Array(#"{"event":"log","level":"info","message":"#.utf8) + [UInt8](repeating: 0x5B, count: 500_000)
    #expect(throws: PluginFault.self) { try Event(deep) }
  }

  @Test func ignoresKeysThatItDoesNotKnow() throws {
    guard case .log(.info, "x") = try Event(Array(#"{"event":"log","level":"info","message":"x","new":[1]}"#.utf8))
    else {
      Issue.record("not the log")
      return
    }
  }
}
