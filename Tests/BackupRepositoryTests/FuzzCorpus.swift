import Foundation
import TestSupport

/// Inputs of the fuzz tests: files in `Tests/Fixtures/fuzz/<parser>`, and random changes of them.
struct FuzzCorpus {
  let samples: [[UInt8]]
  private static let interesting: [[UInt8]] = [
    [0], [0xFF], [0x09], [0x0A], [0x2C], [0x2D], [0x2E], [0x2F], [0x3A], [0x3D], [0x5C, 0x78], [0x22], [0x7B], [0x7D],
    [0x5B],
    [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0x80],
    [UInt8](repeating: 0xFF, count: 8), Array("9223372036854775807".utf8), Array("18446744073709551616".utf8),
    Array("-1".utf8), Array("..".utf8), Array("null".utf8), Array("1e999".utf8),
  ]

  /// Reads the corpus of a parser.
  init(_ parser: String) throws {
    let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/fuzz/\(parser)")
    samples = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
      .map { [UInt8](try Data(contentsOf: directory.appending(path: $0))) }
  }

  /// How many changed inputs are tried: `FUZZ_ITERATIONS`, or a thousand.
  static var iterations: Int {
    ProcessInfo.processInfo.environment["FUZZ_ITERATIONS"].flatMap { Int($0) } ?? 1000
  }

  /// Calls `body` with every sample and with many changed ones.
  func forEach(seed: UInt64, _ body: ([UInt8]) throws -> Void) rethrows {
    for sample in samples { try body(sample) }
    var random = SeededRandom(seed: seed)
    for _ in 0..<Self.iterations { try body(changed(&random)) }
  }

  private func changed(_ random: inout SeededRandom) -> [UInt8] {
    var bytes = samples[random.below(samples.count)]
    for _ in 0...random.below(4) {
      let start = random.below(bytes.count + 1)
      let end = min(bytes.count, start + random.below(12))
      switch random.below(8) {
      case 0 where start < bytes.count: bytes[start] ^= 1 << UInt8(random.below(8))
      case 1 where start < bytes.count: bytes[start] = UInt8(random.below(256))
      case 2: bytes.removeSubrange(start..<end)
      case 3: bytes.insert(contentsOf: random.bytes(random.below(8)), at: start)
      case 4: bytes.insert(contentsOf: bytes[start..<end], at: random.below(bytes.count + 1))
      case 5: bytes.replaceSubrange(start..<end, with: Self.interesting[random.below(Self.interesting.count)])
      case 6: bytes.removeLast(min(bytes.count, random.below(bytes.count + 1)))
      default:
        let other = samples[random.below(samples.count)]
        let from = random.below(other.count + 1)
        bytes.replaceSubrange(start..<end, with: other[from..<min(other.count, from + random.below(60))])
      }
    }
    return bytes
  }
}
