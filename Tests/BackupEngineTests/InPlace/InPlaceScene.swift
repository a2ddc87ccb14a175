import BackupModel
import BackupRepository
import Foundation
import HostSystem
import Synchronization
import Testing

@testable import BackupEngine

/// A live tree, a point of what it held before, and restores in place of it that can be ended at any moment.
final class InPlaceScene {
  /// What is restored.
  enum Kind: CaseIterable {
    /// The whole tree.
    case whole
    /// A file, a directory, and a path whose directories are gone from the live tree.
    case paths
    /// The whole tree, which isn't there any more.
    case missing
    /// Two trees.
    case two
  }

  let world: RestoreWorld
  let kind: Kind
  let point: RecoveryPoint
  /// The cluster whose workload is named to be stopped meanwhile; nil for none.
  var cluster: OneDeployment?
  var state: String { world.directory + "/state" }
  /// What is live before and after the restore.
  let old: [String: String?]
  let new: [String: String?]
  var live: String { world.source }
  private var second: String { world.directory + "/second" }

  init(_ kind: Kind) throws {
    self.kind = kind
    let world = try RestoreWorld()
    self.world = world
    try world.write("a", "one")
    try world.write("d/e", "two")
    try world.write("d/f", "three")
    try world.write("gone/deep/g", "four")
    try world.shell("ln -s a source/link; ln source/a source/second-name; chmod 750 source/d; cp -a source second")
    point = try world.archive()
    // What happens to it after the point was made.
    for tree in ["source", "second"] {
      try world.shell("cd \(tree); echo changed > a; rm -rf gone d/f; echo later > d/later; echo extra > extra")
    }
    if kind == .missing { try world.shell("rm -rf source") }
    old = try Self.content(world, kind)
    var expected = old
    switch kind {
    case .whole, .missing, .two:
      let restored: [String: String?] = [
        "a": "one", "d": nil, "d/e": "two", "d/f": "three", "gone": nil, "gone/deep": nil, "gone/deep/g": "four",
        "link": "one", "second-name": "one",
      ]
      expected = Dictionary(
        uniqueKeysWithValues: (kind == .two ? ["source", "second"] : ["source"]).flatMap { tree in
          restored.map { ("\(tree)/\($0.key)", $0.value) } + [(tree, nil)]
        })
    case .paths:
      expected["source/a"] = "one"
      expected["source/link"] = "one"
      expected["source/d/f"] = "three"
      expected["source/d/later"] = .none
      expected["source/gone"] = .some(nil)
      expected["source/gone/deep"] = .some(nil)
      expected["source/gone/deep/g"] = "four"
    }
    new = expected
  }

  private static func content(_ world: RestoreWorld, _ kind: Kind) throws -> [String: String?] {
    var content: [String: String?] = [:]
    for tree in kind == .two ? ["source", "second"] : ["source"] {
      let path = "\(world.directory)/\(tree)"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      content[tree] = .some(nil)
      for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
        var isDirectory: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isDirectory)
        content["\(tree)/\(name)"] = .some(
          isDirectory.boolValue ? nil : try world.read("\(path)/\(name)").trimmingCharacters(in: .newlines))
      }
    }
    return content
  }

  /// What is live now.
  func content() throws -> [String: String?] { try Self.content(world, kind) }

  var paths: [PathBytes] {
    kind == .paths ? ["a", "d", "gone/deep/g"].map { PathBytes(path: $0) } : []
  }

  func plan() throws -> InPlacePlan {
    let surroundings = LiveTree.Surroundings(mounts: try .current(), exports: [], needed: [])
    let store = try world.store()
    let parts = try (kind == .two ? [live, second] : [live]).map { path in
      try InPlacePlan.part(
        store, point, paths: paths,
        live: try LiveTree(PathBytes(path: path), wholly: paths.isEmpty, in: surroundings),
        trust: try PointTrust(of: point, in: store, earlier: []))
    }
    var plan = InPlacePlan(name: "t", parts: parts, keepUndo: .seconds(3600))
    if cluster != nil { plan.named = [OneDeployment.workload] }
    return plan
  }

  /// The work, ended at the `end`-th moment.
  func restore(until end: Int = .max) throws -> InPlaceRestore {
    var restore = InPlaceRestore(
      journal: try RestoreJournal(state: state, holder: "tests"), clock: SystemClock())
    restore.threads = 1
    let counting = CountedMoments(end)
    restore.volumes = cluster?.use
    let cluster = cluster
    restore.moment = { moment in
      if moment == .beforeExchange, let cluster { #expect(cluster.replicas == 0, "it uses what is exchanged") }
      try counting.next()
    }
    return restore
  }

  /// Begins a restore and goes on until a moment.
  ///
  /// - Returns: whether it came to its end before.
  func begin(until end: Int = .max) async throws -> Bool {
    try await stopped {
      let restore = try restore(until: end)
      let (record, lock) = try restore.begin(try plan())
      defer { withExtendedLifetime(lock) {} }
      _ = try await proceed(restore, record)
    }
  }

  /// Takes up the restore that was begun, until a moment.
  func take(_ intent: RestoreRecord.Intent?, until end: Int = .max) async throws -> Bool {
    try await stopped {
      let restore = try restore(until: end)
      let (record, lock) = try restore.take(try #require(try self.record()).id, intent)
      defer { withExtendedLifetime(lock) {} }
      _ = try await proceed(restore, record)
    }
  }

  private func proceed(_ restore: InPlaceRestore, _ record: RestoreRecord) async throws -> RestoreRecord {
    let store = try world.store()
    return try await restore.proceed(record, { _ in store }, progress: RestoreProgress())
  }

  private func stopped(_ body: () async throws -> Void) async throws -> Bool {
    do {
      try await body()
      return true
    } catch is WorldStopped {
      return false
    }
  }

  /// The only record that there is.
  func record() throws -> RestoreRecord? {
    let records = try RestoreJournal(state: state, holder: "tests").records()
    #expect(records.count <= 1)
    return records.first
  }

  /// The places that are there.
  func places() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: world.directory)
      .filter { RestorePlace.isName(PathBytes(path: $0)) }.sorted()
  }
}

/// Ends the world at the n-th moment.
private final class CountedMoments: Sendable {
  private let left: Mutex<Int>

  init(_ end: Int) { left = Mutex(end) }

  func next() throws {
    let isOver = left.withLock { left in
      left -= 1
      return left < 0
    }
    if isOver { throw WorldStopped() }
  }
}
