import BackupModel
import Foundation
import HostSystem
import Testing

@testable import BackupEngine

/// What may be replaced in place, and what must not be moved away.
final class LiveTreeTests {
  private let directory: URL
  private var live: PathBytes { PathBytes(path: directory.path + "/live") }

  init() throws {
    directory = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appending(path: "backupctl-live-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: directory.appending(path: "live/inner"), withIntermediateDirectories: true)
  }

  deinit {
    // A directory that stays in the place for temporary files harms nobody.
    try? FileManager.default.removeItem(at: directory)
  }

  private func look(
    wholly: Bool, exports: [PathBytes] = [], needed: [(path: PathBytes, what: String)] = []
  ) throws -> LiveTree {
    try LiveTree(live, wholly: wholly, in: .init(mounts: try .current(), exports: exports, needed: needed))
  }

  @Test func exchangesTheNamesOfWhatIsExportedInsteadOfTheDirectory() throws {
    let tree = try look(wholly: true, exports: [live])
    #expect(tree.anchor == .export && tree.isExported)
    #expect(tree.names == [PathBytes(path: "inner")])
    #expect(tree.beside == PathBytes(path: directory.path))
  }

  @Test func exchangesTheDirectoryItselfBelowAnExportAndWhereNoneIs() throws {
    for exports in [[], [PathBytes(path: directory.path)]] {
      let tree = try look(wholly: true, exports: exports)
      #expect(tree.anchor == nil && tree.names.isEmpty && tree.isExported == !exports.isEmpty)
    }
    // Nobody holds on to what isn't there.
    try FileManager.default.removeItem(at: directory.appending(path: "live"))
    let gone = try look(wholly: true, exports: [live])
    #expect(gone.anchor == nil && gone.inode == nil)
  }

  @Test func knowsWhatIsExportedBelow() throws {
    let inner = live + Array("/inner".utf8)
    #expect(try look(wholly: true, exports: [live, inner]).exportsBelow == [inner])
    #expect(try look(wholly: true, exports: [live]).exportsBelow == [])
  }

  @Test func replacesSinglePathsOfWhatIsExportedAndSaysSo() throws {
    #expect(try look(wholly: false, exports: [live]).isExported)
    #expect(try look(wholly: false, exports: [PathBytes(path: directory.path)]).isExported)
    #expect(try !look(wholly: false, exports: [live + Array("-other".utf8)]).isExported)
  }

  @Test func refusesToMoveAwayWhatIsNeeded() {
    let inner = live + Array("/inner".utf8)
    let error = #expect(throws: EngineError.self) {
      try look(wholly: true, needed: [(inner, "the repository")])
    }
    #expect(error?.message.contains("the repository, \(inner.displayedPath), is in it") == true)
  }

  @Test func looksForWhatIsNeededAndLeavesOutWhatIsNotThere() throws {
    let gone = PathBytes(path: directory.path + "/gone")
    let surroundings = try LiveTree.Surroundings.current(needed: [(gone, "the state directory"), (live, "it")])
    #expect(surroundings.needed.map(\.path) == [live])
  }

  @Test func refusesWhenWhatIsNeededCannotBeLookedAt() throws {
    try Data().write(to: directory.appending(path: "file"))
    let odd = PathBytes(path: directory.path + "/file/repository")
    let error = #expect(throws: EngineError.self) {
      try LiveTree.Surroundings.current(needed: [(odd, "the repository")])
    }
    #expect(error?.code == .targetUnusable)
    #expect(error?.cause != nil)
  }
}
