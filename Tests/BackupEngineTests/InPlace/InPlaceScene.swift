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
  enum Kind {
    /// The whole tree.
    case whole
    /// A file, a directory, and a path whose directories are gone from the live tree.
    case paths
    /// The whole tree, which isn't there any more.
    case missing
    /// Two trees.
    case two
    /// The whole tree, whose directory is exported by NFS, so that its names are exchanged.
    case exported
    /// The whole tree, whose directory is a mount point.
    case mounted

    /// Those that can be met here: mounting needs root.
    static let all: [Kind] = [.whole, .paths, .missing, .two, .exported] + (canMount ? [.mounted] : [])

    /// Whether the directory stays, and all names in it are exchanged.
    var stays: Bool { self == .exported || self == .mounted }
  }

  static let canMount: Bool = {
    // Where it can't even be tried, it can't be done.
    guard let world = try? RestoreWorld() else { return false }
    return (try? world.shell("mkdir m; mount --bind m source; umount -l source")) != nil
  }()

  let world: RestoreWorld
  let kind: Kind
  let point: RecoveryPoint
  /// The cluster whose workload is named to be stopped meanwhile; nil for none.
  var cluster: OneDeployment?
  var state: String { world.directory + "/state" }
  /// What is live before and after the restore.
  let old: [String: String?]
  let new: [String: String?]
  /// What its own directory is like before and after the restore; empty where it isn't replaced.
  let oldRoot: String
  let newRoot: String
  var live: String { world.source }
  private var second: String { world.directory + "/second" }

  init(_ kind: Kind) throws {
    self.kind = kind
    let world = try RestoreWorld()
    self.world = world
    if kind == .mounted { try world.shell("mkdir data; mount --bind data source") }
    try world.write("a", "one")
    try world.write("d/e", "two")
    try world.write("d/f", "three")
    try world.write("gone/deep/g", "four")
    try world.shell("ln -s a source/link; ln source/a source/second-name; chmod 750 source/d; cp -a source second")
    try world.shell("chmod 2750 source; touch -d '2001-02-03 04:05:06.789' source")
    try Self.setAttribute("user.color", "red", world)
    point = try world.archive()
    newRoot = try Self.root(world, kind)
    // What happens to it after the point was made.
    for tree in ["source", "second"] {
      try world.shell("cd \(tree); echo changed > a; rm -rf gone d/f; echo later > d/later; echo extra > extra")
    }
    try world.shell("chmod 00711 source")
    try OpenFile.open(PathBytes(path: world.source), .directory).removeExtendedAttribute(Array("user.color".utf8))
    try Self.setAttribute("user.shape", "round", world)
    try world.shell("touch -d '2011-02-03 04:05:06.789' source")
    if kind == .missing { try world.shell("rm -rf source") }
    oldRoot = try Self.root(world, kind)
    old = try Self.content(world, kind)
    var expected = old
    switch kind {
    case .whole, .missing, .two, .exported, .mounted:
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

  deinit {
    // Where that fails, what is left tells.
    // A program that a test beside this one starts may hold what it inherits for a moment: it is only detached.
    if kind == .mounted { _ = try? world.shell("umount -l source") }
  }

  private static func setAttribute(_ name: String, _ value: String, _ world: RestoreWorld) throws {
    try OpenFile.open(PathBytes(path: world.source), .directory)
      .setExtendedAttribute(ExtendedAttribute(name: Array(name.utf8), value: Array(value.utf8)))
  }

  private static func root(_ world: RestoreWorld, _ kind: Kind) throws -> String {
    guard kind == .whole || kind.stays else { return "" }
    let directory = try OpenFile.open(PathBytes(path: world.source), .directory)
    let status = try directory.status()
    let attributes = try directory.extendedAttributes().map {
      String(decoding: $0.name + [0x3D] + $0.value, as: UTF8.self)
    }
    return "\(String(status.permissions, radix: 8)) \(status.modified) \(status.modified.nanoseconds) \(attributes)"
  }

  /// What the directory itself is like now.
  func root() throws -> String { try Self.root(world, kind) }

  private static func content(_ world: RestoreWorld, _ kind: Kind) throws -> [String: String?] {
    var content: [String: String?] = [:]
    for tree in kind == .two ? ["source", "second"] : ["source"] {
      let path = "\(world.directory)/\(tree)"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      content[tree] = .some(nil)
      for name in try FileManager.default.subpathsOfDirectory(atPath: path)
      where !RestorePlace.isName(name.utf8.prefix { $0 != 0x2F }) {
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
    let surroundings = LiveTree.Surroundings(
      mounts: try .current(), exports: kind == .exported ? [PathBytes(path: live)] : [], needed: [])
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

  /// The directory in which places are.
  var placesAbove: String { kind == .mounted ? live : world.directory }

  /// The places that are there.
  func places() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: placesAbove)
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
