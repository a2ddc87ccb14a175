import BackupModel
import HostSystem
import TestSupport
import Testing

@testable import BackupRepository

@Suite struct IndexBuilderTests {
  /// A tree of directories and files, in the order of an index.
  private static func tree(files: Int, nameLength: Int = 20) -> [IndexEntry] {
    var entries = [IndexSample.entry(".", kind: .directory)]
    let padding = String(repeating: "n", count: nameLength)
    for directory in 0..<(files / 50) {
      let name = "d\(String(directory + 10_000))\(padding)"
      entries.append(IndexSample.entry(name, kind: .directory))
      for file in 0..<50 {
        entries.append(
          IndexSample.entry(
            "\(name)/f\(file + 100)\(padding)", size: 10,
            extents: [Extent(length: 10, chunk: IndexSample.chunk(directory * 50 + file))]))
      }
    }
    return entries
  }

  private func paths(_ reader: IndexReader) throws -> [PathBytes] {
    var paths: [PathBytes] = []
    try reader.forEachEntry {
      paths.append($0.path)
      return true
    }
    return paths
  }

  @Test func anEmptyIndexHasNoRoot() throws {
    #expect(try BuiltIndex([]).root == nil)
  }

  @Test func aSmallIndexIsOneLeaf() throws {
    let entries = Self.tree(files: 50)
    let built = try BuiltIndex(entries)
    let root = try #require(built.root)
    #expect(root.level == 0)
    #expect(built.blocks[root.root] == IndexSample.lines(entries))
  }

  @Test(arguments: [1, 7, 1000]) func cutsTheSameBlocksHoweverTheLinesAreHandedOver(piece: Int) throws {
    let entries = Self.tree(files: 5000)
    let whole = try BuiltIndex(entries)
    let pieces = try BuiltIndex(entries, piece: piece)
    #expect(whole.order == pieces.order)
    #expect(whole.root == pieces.root)
    #expect(whole.blocks.count > 4)
  }

  @Test func aCopyIsFinishedWithoutDisturbingTheOriginal() throws {
    let entries = Self.tree(files: 5000)
    var builder = IndexBuilder()
    var order: [ChunkID] = []
    for entry in entries {
      try builder.append(IndexSample.lines([entry])[...]) { id, _ in order.append(id) }
      if entry.path.count % 16 == 0 {
        var copy = builder
        _ = try copy.finish { _, _ in }
      }
    }
    let root = try builder.finish { id, _ in order.append(id) }
    let whole = try BuiltIndex(entries)
    #expect(order == whole.order)
    #expect(root == whole.root)
  }

  @Test func aChangeOfOneLineChangesFewBlocks() throws {
    var entries = Self.tree(files: 8000)
    let before = try BuiltIndex(entries)
    #expect(before.blocks.count > 5)
    var random = SeededRandom(seed: 71)
    for _ in 0..<2 {
      let place = 1 + random.below(entries.count - 1)
      entries[place].modified.seconds += 1
      let changed = try BuiltIndex(entries)
      #expect(changed.order.filter { before.blocks[$0] == nil }.count <= 2, "a change: the leaf and the root")
      entries[place].modified.seconds -= 1
      let removed = entries.remove(at: place)
      let without = try BuiltIndex(entries)
      #expect(
        without.order.filter { before.blocks[$0] == nil }.count <= 4, "a removal of \(removed.path.displayedPath)")
      entries.insert(removed, at: place)
    }
  }

  @Test func findsEveryPathAndNoOther() throws {
    let entries = Self.tree(files: 3000, nameLength: 200)
    let built = try BuiltIndex(entries)
    let scratch = try ScratchRepository()
    let reader = try built.reader(in: scratch)
    #expect(try #require(built.root).level >= 1)
    #expect(try paths(reader) == entries.map(\.path))
    for (number, entry) in entries.enumerated() where number % 151 == 0 {
      #expect(try reader.entry(at: entry.path) == entry)
      #expect(try reader.entry(at: entry.path + [0x21]) == nil)
      #expect(try reader.entry(at: [0x21] + entry.path) == nil)
      #expect(try reader.entry(at: Array(entry.path.dropLast())) == nil || entry.path.count < 8)
    }
    #expect(try reader.entry(at: Array("zzz".utf8)) == nil)
  }

  @Test func givesWhatIsBelowADirectoryAndNothingElse() throws {
    let entries = Self.tree(files: 3000, nameLength: 100)
    let scratch = try ScratchRepository()
    let reader = try BuiltIndex(entries).reader(in: scratch)
    for directory in entries.filter({ $0.kind == .directory }).dropFirst().prefix(5) {
      var found: [PathBytes] = []
      try reader.forEachEntry(below: directory.path) {
        found.append($0.path)
        return true
      }
      #expect(found.count == 51)
      #expect(found.allSatisfy { $0.starts(with: directory.path) })
    }
  }

  /// Paths of 32 KiB, far longer than PATH_MAX, need more than one level above the leaves.
  @Test func buildsAndReadsSeveralLevels() throws {
    let component = String(repeating: "x", count: 250)
    let prefix = (0..<128).map { "\(10 + $0)\(component)" }.joined(separator: "/")
    let entries = (0..<400).map { IndexSample.entry("\(prefix)/\(10_000 + $0)") }
    let built = try BuiltIndex(entries)
    let root = try #require(built.root)
    #expect(root.level >= 2)
    let scratch = try ScratchRepository()
    let reader = try built.reader(in: scratch)
    #expect(try paths(reader) == entries.map(\.path))
    for number in stride(from: 0, to: entries.count, by: 57) {
      #expect(try reader.entry(at: entries[number].path)?.path == entries[number].path)
    }
    var blocksRead = 0
    reader.didReadBlock = { _, _ in blocksRead += 1 }
    _ = try reader.entry(at: entries[200].path)
    #expect(blocksRead <= root.level + 2)
  }

  @Test func findsAFileOfManyExtentsAndItsNeighbours() throws {
    let large = IndexSample.largeFile("m", extents: 10_000)
    let entries =
      [IndexSample.entry(".", kind: .directory), IndexSample.entry("a"), large]
      + (0..<50).map { IndexSample.entry("n\($0 + 10)") } + [IndexSample.largeFile("o", extents: 10_000)]
      + [IndexSample.entry("p")]
    let built = try BuiltIndex(entries)
    #expect(built.blocks.count >= 4)
    let scratch = try ScratchRepository()
    let reader = try built.reader(in: scratch)
    for entry in entries { #expect(try reader.entry(at: entry.path) == entry, "\(entry.path.displayedPath)") }
    for missing in ["0", "l", "m0", "m/x", "nn", "o1", "z"] {
      #expect(try reader.entry(at: Array(missing.utf8)) == nil)
    }
    #expect(try paths(reader) == entries.map(\.path))
    var below: [PathBytes] = []
    try reader.forEachEntry(below: large.path) {
      below.append($0.path)
      return true
    }
    #expect(below == [large.path])
  }

  @Test func endsAtOnceWhenAskedTo() throws {
    let scratch = try ScratchRepository()
    let reader = try BuiltIndex(Self.tree(files: 500)).reader(in: scratch)
    var count = 0
    try reader.forEachEntry { _ in
      count += 1
      return count < 3
    }
    #expect(count == 3)
  }

  @Test func refusesEntriesThatAreNotSorted() throws {
    let scratch = try ScratchRepository()
    let entries = ["b", "a"].map { IndexSample.entry($0) }
    let reader = try BuiltIndex(entries).reader(in: scratch)
    #expect(throws: RepositoryError.self) { try reader.forEachEntry { _ in true } }
  }

  @Test func refusesAnIndexThatSaysItsLeafIsABranch() throws {
    let scratch = try ScratchRepository()
    let built = try BuiltIndex(Self.tree(files: 50))
    _ = try built.reader(in: scratch)
    let root = try #require(built.root)
    for level in [1, 16] {
      let reader = try scratch.reader(of: IndexRoot(root: root.root, level: level))
      #expect(throws: RepositoryError.self) { try reader.forEachEntry { _ in true } }
    }
    for level in [-1, 17, Int.max] {
      #expect(throws: RepositoryError.self) { try scratch.reader(of: IndexRoot(root: root.root, level: level)) }
    }
  }
}
