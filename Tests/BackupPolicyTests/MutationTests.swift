import TestSupport
import Testing

@testable import BackupPolicy

/// Damages valid documents at random; the parsers may accept or throw, and nothing else.
@Suite struct MutationTests {
  /// Pieces that mean something in YAML or in the values.
  static let pieces = [
    "\t", "\n", ": ", "- ", "{", "}", "[", "]", "&a ", "*a", "!!int ", "<<: ", "? ", "|", ">", "'", "\"", "#", "\\",
    "%",
    "---\n", "...", "\u{0}", "\u{feff}", "é", "\u{1F5C4}", "~", "null", "true", "999999999999999999999", "-1", "2h",
    "5%",
    "64MiB", "@", "`", ",", "  ", "..", "/", "**", "[!", "jobs", "kind", "\r", "\u{85}", "\u{2028}",
  ]

  private func mutated(_ text: String, using random: inout SeededRandom) -> String {
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let start = Int.random(in: 0...bytes.count, using: &random)
      let end = min(bytes.count, start + Int.random(in: 0...12, using: &random))
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes.removeSubrange(start..<end)
      case 1:
        bytes.insert(contentsOf: Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &random)].utf8, at: start)
      case 2: bytes.insert(contentsOf: bytes[start..<end], at: Int.random(in: 0...bytes.count, using: &random))
      case 3: bytes.removeSubrange(start..<bytes.count)
      default: if start < bytes.count { bytes[start] = UInt8.random(in: 0...255, using: &random) }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func neverCrashesOnADamagedSchedule() throws {
    var random = SeededRandom(seed: 42)
    var outcomes = (parsed: 0, refused: 0)
    for _ in 0..<4000 {
      let text = mutated(ScheduleTests.full, using: &random)
      do throws(PolicyError) {
        let schedule = try Schedule.parse(text: text, file: "f.yaml", kinds: knownKinds)
        #expect(!schedule.jobs.isEmpty)
        outcomes.parsed += 1
      } catch {
        #expect(error.category == .usage)
        #expect(error.message.hasPrefix("cannot read f.yaml"), "\(error.message)")
        outcomes.refused += 1
      }
    }
    #expect(outcomes.parsed > 100 && outcomes.refused > 1000)
  }

  @Test func neverCrashesOnADamagedConfigurationAndPrintsWhatItAccepted() throws {
    var random = SeededRandom(seed: 43)
    var accepted: [Configuration] = []
    for _ in 0..<4000 {
      let text = mutated(ConfigurationTests.full, using: &random)
      do throws(PolicyError) {
        accepted.append(try Configuration.parse(text: text, file: "f.yaml"))
      } catch {
        #expect(error.category == .usage)
        #expect(error.message.hasPrefix("cannot read f.yaml"), "\(error.message)")
      }
    }
    #expect((100..<3000).contains(accepted.count))
    for configuration in accepted {
      let printed = configuration.effectiveYAML()
      #expect(try Configuration.parse(text: printed, file: "printed.yaml") == configuration, "\(printed)")
    }
  }

  @Test func neverCrashesOnADamagedSelectorOrPattern() throws {
    var random = SeededRandom(seed: 44)
    for _ in 0..<20_000 {
      let selector = mutated("etc@2026-11-22T05:00:00+01:00", using: &random)
      do throws(PolicyError) { _ = try PointSelector(parsing: selector) } catch { #expect(error.category == .usage) }
      let pattern = mutated("!/a*/[a-z]/**/b?\\*/", using: &random)
      do throws(PolicyError) {
        _ = try ExcludePatterns([pattern]).excludes(path: Array("ab/c/d/bx*".utf8), isDirectory: true)
      } catch { #expect(error.category == .usage) }
    }
  }
}
