import BackupRepository
import Foundation
import Testing

@Suite struct ArchiveUnchangedTests {
  /// The tree has hard links, whose entries have the size that `stat` says although they have no content of their own.
  @Test func readsAndStoresNothingWhenNothingChanged() throws {
    let scene = try ArchiveScene()
    try scene.fill()
    let first = try scene.archive(in: scene.repositoryDirectory)
    let second = try scene.archive(in: scene.repositoryDirectory)
    #expect(second.statistics.storedBytes == 0)
    #expect(second.statistics.filesRead == 0)
    #expect(second.statistics.readBytes == 0)
    #expect(second.index == first.index)
    #expect(second.statistics.entries == first.statistics.entries)
    #expect(second.statistics.files == first.statistics.files)
    #expect(try scene.store(in: scene.repositoryDirectory).packNames().allSatisfy { $0.point == first.id })
  }
}
