import TestSupport
import VolumeSnapshots

@testable import BackupEngine

/// A random volume: its content, and which of its pool's chunks are mapped. What isn't mapped reads as zeros.
struct ImageSample {
  let chunk: Int64
  private(set) var content: [UInt8] = []
  private(set) var mapped: Set<Int64> = []
  private var random: SeededRandom

  var size: Int64 { Int64(content.count) }
  private var chunkCount: Int64 { (size + chunk - 1) / chunk }

  /// Makes a volume of some chunks, of which about half are mapped, and some of these hold zeros.
  init(seed: UInt64, chunks: Int, chunk: Int64 = 64 << 10, tail: Int64 = 0) {
    self.chunk = chunk
    random = SeededRandom(seed: seed)
    content = [UInt8](repeating: 0, count: chunks * Int(chunk) + Int(tail))
    for number in 0..<chunkCount where random.below(2) == 0 { map(number, zeros: random.below(4) == 0) }
  }

  private func range(_ number: Int64) -> Range<Int> { Int(number * chunk)..<Int(min(size, (number + 1) * chunk)) }

  private mutating func map(_ number: Int64, zeros: Bool = false) {
    mapped.insert(number)
    let range = range(number)
    content.replaceSubrange(
      range, with: zeros ? [UInt8](repeating: 0, count: range.count) : random.bytes(range.count))
  }

  /// All that is mapped, as the map of a first point.
  var map: BlockMap { BlockMap(size: size, mapped.map { BlockMap.Range(bytes($0), .changed) }) }

  private func bytes(_ number: Int64) -> Range<Int64> { number * chunk..<(number + 1) * chunk }

  /// Writes, discards, grows or shrinks at random.
  ///
  /// - Returns: the difference to what was before.
  mutating func change(_ operations: Int, resizes: Bool = true) -> BlockMap {
    let before = self
    var changed: Set<Int64> = []
    for _ in 0..<operations {
      let number = Int64(random.below(Int(chunkCount)))
      switch random.below(resizes ? 8 : 6) {
      case 0...3:
        map(number, zeros: random.below(5) == 0)
        changed.insert(number)
      case 4...5: discard(number)
      case 6:
        content += [UInt8](repeating: 0, count: Int(chunk))
        map(chunkCount - 1)
        changed.insert(chunkCount - 1)
      default:
        guard chunkCount > 3 else { continue }
        discard(chunkCount - 1)
        content.removeLast(content.count - Int((chunkCount - 1) * chunk))
      }
    }
    changed = changed.filter { mapped.contains($0) }
    return BlockMap(
      size: size,
      mapped.map { number in
        let isSame = !changed.contains(number) && before.mapped.contains(number)
        return BlockMap.Range(bytes(number), isSame ? .same : .changed)
      })
  }

  private mutating func discard(_ number: Int64) {
    mapped.remove(number)
    let range = range(number)
    content.replaceSubrange(range, with: [UInt8](repeating: 0, count: range.count))
  }

  /// Gives one chunk the content of another one.
  mutating func repeatBlock(from: Int64, to: Int64) {
    map(from)
    map(to)
    content.replaceSubrange(range(to), with: Array(content[range(from)]))
  }

  /// Changes one byte that a difference won't tell of.
  mutating func changeSecretly(at offset: Int) { content[offset] &+= 1 }
}
