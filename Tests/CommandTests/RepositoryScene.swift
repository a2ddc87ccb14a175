import BackupModel
import Foundation
import HostSystem
import Testing

@testable import BackupCommands

/// A repository with one point of a small tree, and what that point gives back whatever happens afterwards.
final class RepositoryScene {
  /// What is in one place of a directory; two listings are equal if nothing was written between them.
  struct Place: Equatable {
    let bytes: Data?
    let modified: Date?
    let inode: Int?
  }

  /// The point that the scene begins with, made at five o'clock.
  static let firstPoint = "20261122T050000Z"
  private static let firstFiles = [
    "a": Array("first\n".utf8), "ssh/sshd_config": Array("Port 22\n".utf8),
    "data/noise": noise(200_000, seed: 1), "data/more": noise(50_000, seed: 2),
  ]

  let runner: CommandRunner
  let tree: TestTree
  /// The files of the first point.
  private let files = RepositoryScene.firstFiles
  private var restores = 0

  var repository: String { runner.variables["BACKUPCTL_REPOSITORY"] ?? runner.repository }
  var firstPack: String { "\(repository)/sources/tree/src/packs/\(Self.firstPoint)-0001.tar.zst" }
  var firstPointFile: String { "\(repository)/sources/tree/src/points/\(Self.firstPoint).json" }

  /// Makes the repository, the tree and the first point; an hour later the tests begin.
  ///
  /// - Parameter place: where the repository is, below the runner's directory.
  init(_ runner: CommandRunner, at place: String = "repository") async throws {
    self.runner = runner
    runner.variables["BACKUPCTL_REPOSITORY"] = "\(runner.directory)/\(place)"
    tree = try TestTree("\(runner.directory)/source")
    for (name, content) in files { try tree.file(Array(name.utf8), content) }
    let made = await runner.run("init", repository)
    try #require(made.code == 0, "\(made.messages)")
    let result = await archive()
    try #require(result.code == 0, "\(result.messages)")
    runner.clock.advance(seconds: 3600)
  }

  /// Makes the scene in a fresh directory.
  convenience init() async throws { try await self.init(try CommandRunner()) }

  /// Archives the tree as the source `src`.
  func archive(_ more: String...) async -> CommandRunner.Result {
    await runner.run(["archive", tree.path, "--as", "src"] + more)
  }

  /// Bytes that don't compress, the same for the same seed (SplitMix64); a multiple of eight.
  static func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      withUnsafeBytes(of: mixed ^ (mixed >> 31)) { bytes += $0 }
    }
    return bytes
  }

  /// A message with the directory of this test replaced.
  func plain(_ text: String) -> String { text.replacingOccurrences(of: runner.directory, with: "DIR") }

  // MARK: - Nothing lost

  /// Expects that the first point restores byte for byte.
  func expectFirstPointIntact(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    restores += 1
    let target = "\(runner.directory)/restored-\(restores)"
    let result = await runner.run("restore", "src@\(Self.firstPoint)", "--to", target, "--verify")
    #expect(result.code == 0, "\(result.messages)", sourceLocation: sourceLocation)
    #expect(try Self.files(in: target) == files, "the first point is another one", sourceLocation: sourceLocation)
  }

  /// The regular files of a directory and their bytes.
  static func files(in directory: String) throws -> [String: [UInt8]] {
    try listing(of: directory).compactMapValues { place in place.bytes.map { Array($0) } }
  }

  /// Everything in a directory.
  static func listing(of directory: String) throws -> [String: Place] {
    var places: [String: Place] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: directory) {
      let full = "\(directory)/\(path)"
      let attributes = try FileManager.default.attributesOfItem(atPath: full)
      // The reserve is as large as the disk asks for, and its content means nothing.
      let isFile = attributes[.type] as? FileAttributeType == .typeRegular && path != "reserve"
      places[path] = Place(
        bytes: isFile ? FileManager.default.contents(atPath: full) : nil,
        modified: attributes[.modificationDate] as? Date, inode: attributes[.systemFileNumber] as? Int)
    }
    return places
  }

  /// Everything in the repository, to show that nothing was written.
  func repositoryListing() throws -> [String: Place] { try Self.listing(of: repository) }

  // MARK: - Damage

  /// Inverts some bits of a range of a file, in place, as a disk does.
  static func damage(_ path: String, at range: Range<Int>) throws {
    let file = try OpenFile.open(Array(path.utf8), .update)
    var bytes = try file.contents(at: Int64(range.lowerBound), count: range.count)
    try #require(bytes.count == range.count)
    for position in bytes.indices { bytes[position] ^= 0x55 }
    try file.write(bytes[...], at: Int64(range.lowerBound))
    try file.close()
  }
}
