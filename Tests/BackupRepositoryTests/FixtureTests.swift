import BackupArchive
import BackupModel
import Foundation
import HostSystem
import Testing

@testable import BackupRepository

/// Repositories that earlier versions wrote; `Tests/Fixtures/make-repository` says how.
@Suite struct FixtureTests {
  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures")

  private struct Expected: Decodable, Equatable {
    var type: String
    var sha256: String?
  }

  @Test func readsEveryByteOfARepositoryOfFormat1() throws {
    let name = "repository-v1"
    let expected = try JSONDecoder().decode(
      [String: [String: Expected]].self, from: Data(contentsOf: Self.fixtures.appending(path: "\(name).json")))
    let repository = try Repository.open(Array(Self.fixtures.appending(path: name).path.utf8))
    #expect(repository.description.format == 1)
    #expect(try repository.sources().map(\.description) == ["tree/fixture"])
    let store = repository.store(try #require(SourceID(parsing: "tree/fixture")))
    #expect(try store.pointIDs().map(\.description) == expected.keys.sorted())
    for id in try store.pointIDs() {
      #expect(try contents(of: try store.point(id), store) == expected[id.description], "\(id)")
    }
  }

  private func contents(of point: RecoveryPoint, _ store: SourceStore) throws -> [String: Expected] {
    let chunks = try store.chunkReader(keepsTables: false)
    let decompressor = try FrameDecompressor()
    var found: [String: Expected] = [:]
    try IndexReader(root: point.index, chunks: chunks).forEachEntry { entry in
      // Names that aren't UTF-8 are listed in hexadecimal.
      let isText = String(validating: entry.path, as: UTF8.self) != nil
      let path =
        isText ? entry.path.displayedPath : entry.path.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      var content = entry.linkTarget ?? []
      for extent in entry.extents {
        if let chunk = extent.chunk {
          let bytes = try chunks.bytes(of: chunk, with: decompressor)
          #expect(bytes.count == Int(extent.length))
          content += bytes
        } else {
          content += [UInt8](repeating: 0, count: Int(extent.length))
        }
      }
      let type = String(decoding: [IndexLine.letter(entry.kind)], as: UTF8.self)
      let first = entry.hardLinkTarget.flatMap { found[$0.displayedPath] }
      found[path] =
        first ?? Expected(type: type, sha256: entry.kind == .directory ? nil : ChunkID(of: content).description)
      return true
    }
    #expect(found.count == point.statistics.entries)
    return found
  }

  /// What makes the fixture worth keeping: several packs, and a file of which only parts are new.
  @Test func fixtureOfFormat1HasPartsAndSeveralPoints() throws {
    let repository = try Repository.open(Array(Self.fixtures.appending(path: "repository-v1").path.utf8))
    let store = repository.store(try #require(SourceID(parsing: "tree/fixture")))
    let points = try store.pointIDs().map { try store.point($0) }
    #expect(points.count == 3)
    #expect(points.allSatisfy { $0.state == .complete && $0.isGood })
    #expect(points[1].statistics.newBytes > 0 && points[1].statistics.newBytes < points[0].statistics.newBytes / 2)
    #expect(points[2].index == points[1].index)
    #expect(points[2].statistics.storedBytes == 0 && points[2].statistics.filesRead == 0)
  }
}
