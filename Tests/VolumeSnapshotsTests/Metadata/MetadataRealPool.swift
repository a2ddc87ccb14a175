import Foundation
import HostSystem
import Synchronization
import Testing

@testable import VolumeSnapshots

/// Whether tests may make thin pools on this host: `BACKUPCTL_REAL_POOL=1`, as root, with device-mapper.
enum MetadataRealPools {
  static let areAllowed = ProcessInfo.processInfo.environment["BACKUPCTL_REAL_POOL"] == "1"
}

/// A volume group with a thin pool on a loop device, of a test's own.
final class MetadataRealPool: Sendable {
  static let chunk: Int64 = 65_536

  let tools = HostTools()
  let scratch: MetadataScratch
  let group: String
  let loop: String
  let leases = MetadataLeases()
  private let loops = Mutex<[String]>([])

  /// Makes the pool, uses it and removes it.
  static func with(_ body: @Sendable (MetadataRealPool) async throws -> Void) async throws {
    let scratch = try MetadataScratch()
    let image = try scratch.write("", to: "disk")
    try OpenFile.open(PathBytes(path: image), .update).setSize(160 << 20)
    let tools = HostTools()
    let loop = try await String(
      decoding: tools.output(of: "losetup", ["-f", "--show", image], to: "make a loop device"), as: UTF8.self
    ).trimmingCharacters(in: .whitespacesAndNewlines)
    let pool = MetadataRealPool(scratch, "backupctl-test-\(UUID().uuidString.prefix(8))", loop)
    let outcome: Result<Void, any Error>
    do {
      try await pool.run("pvcreate", "-q", loop)
      try await pool.run("vgcreate", "-q", pool.group, loop)
      try await pool.run(
        "lvcreate", "-q", "-y", "-L", "96M", "--poolmetadatasize", "4M", "-c", "64k", "-T", "\(pool.group)/po-ol")
      outcome = .success(try await body(pool))
    } catch {
      outcome = .failure(error)
    }
    for other in pool.loops.withLock({ $0 }) { try await pool.run("losetup", "-d", other) }
    _ = try await tools.run("vgchange", ["-an", "-f", pool.group], input: [], timeLimit: .seconds(60))
    try await pool.run("losetup", "-d", loop)
    try outcome.get()
  }

  private init(_ scratch: MetadataScratch, _ group: String, _ loop: String) {
    self.scratch = scratch
    self.group = group
    self.loop = loop
  }

  var name: VolumeName { get throws { try #require(VolumeName(group: group, volume: "po-ol")) } }
  var messageDevice: String { get throws { MetadataPool.messageDevice(of: try name) } }

  func volume(_ name: String) throws -> VolumeName { try #require(VolumeName(group: group, volume: name)) }
  func device(_ name: String) throws -> String { try volume(name).devicePath }

  @discardableResult
  func run(_ words: String...) async throws -> String {
    String(
      decoding: try await tools.output(of: words[0], Array(words.dropFirst()), to: words.joined(separator: " ")),
      as: UTF8.self)
  }

  func makeVolume(_ name: String, mebibytes: Int) async throws {
    try await run("lvcreate", "-q", "-y", "-V", "\(mebibytes)M", "-T", "\(group)/po-ol", "-n", name)
  }

  func snapshot(_ origin: String, _ name: String) async throws {
    try await run("lvcreate", "-q", "-y", "-s", "-n", name, "\(group)/\(origin)")
  }

  func activate(_ name: String) async throws { try await run("lvchange", "-q", "-K", "-ay", "\(group)/\(name)") }
  func deactivate(_ name: String) async throws { try await run("lvchange", "-q", "-an", "\(group)/\(name)") }

  /// Opens a volume, until the pool is removed.
  func openThroughLoop(_ name: String) async throws {
    let loop = try await run("losetup", "-f", "-r", "--show", try device(name))
      .trimmingCharacters(in: .whitespacesAndNewlines)
    loops.withLock { $0.append(loop) }
  }

  func write(_ name: String, at offset: Int64, _ bytes: [UInt8]) throws {
    let file = try FileHandle(forUpdating: URL(filePath: try device(name)))
    try file.seek(toOffset: UInt64(offset))
    try file.write(contentsOf: Data(bytes))
    try file.synchronize()
    try file.close()
  }

  /// All bytes of a volume, which is activated for it.
  func contents(_ name: String) async throws -> [UInt8] {
    try await activate(name)
    let file = try FileHandle(forReadingFrom: URL(filePath: try device(name)))
    let bytes = Array(try file.readToEnd() ?? Data())
    try file.close()
    try await deactivate(name)
    return bytes
  }

  // MARK: - What LVM says

  private func fields(_ volume: String, _ fields: String) async throws -> [String] {
    try await run(
      "lvs", "-a", "--noheadings", "--separator", ";", "--units", "b", "--nosuffix", "--config",
      "report/time_format=\"%s\"", "-o", fields, "\(group)/\(volume)"
    ).trimmingCharacters(in: .whitespacesAndNewlines).split(separator: ";", omittingEmptySubsequences: false)
      .map(String.init)
  }

  private func sequence() async throws -> (uuid: String, number: Int) {
    let words = try await run("vgs", "--noheadings", "-o", "vg_uuid,vg_seqno", group).split(
      whereSeparator: \.isWhitespace)
    return (String(words[0]), try #require(Int(words[1])))
  }

  func facts(_ snapshot: String, of origin: String) async throws -> LVMSnapshot {
    let found = try await fields(snapshot, "lv_uuid,thin_id,transaction_id,lv_time,origin_uuid,lv_size")
    let source = try await fields(origin, "lv_uuid,thin_id")
    let group = try await sequence()
    let pool = try await fields("po-ol", "lv_uuid")
    return LVMSnapshot(
      name: try volume(snapshot), uuid: found[0], thinID: try #require(Int(found[1])),
      transaction: try #require(Int(found[2])), created: try #require(Int64(found[3])), originUUID: source[0],
      originThinID: try #require(Int(source[1])), groupUUID: group.uuid, groupSequence: group.number,
      pool: MetadataPool(name: try name, uuid: pool[0], chunkSize: Self.chunk), size: try #require(Int64(found[5])))
  }

  func surroundings(_ base: String) async throws -> BaseProof.Surroundings {
    let number = try await sequence().number
    let all = try await run("lvs", "--noheadings", "-o", "lv_name", group).split(whereSeparator: \.isWhitespace)
    guard all.contains(Substring(base)) else { return .init(volume: nil, groupSequence: number) }
    let found = try await fields(base, "lv_uuid,thin_id,lv_size,lv_device_open")
    return .init(
      volume: .init(
        uuid: found[0], thinID: try #require(Int(found[1])), size: try #require(Int64(found[2])),
        isOpen: found[3] == "open"), groupSequence: number)
  }

  // MARK: - What is tested

  var holds: MetadataHolds {
    MetadataHolds(
      tools: tools, leases: leases, directory: PathBytes(path: scratch.path), holder: "test", attempts: 3,
      pause: { await Task.yield() })
  }

  /// Takes a snapshot and finds what is to be read of it.
  func find(_ snapshot: String, of origin: String, base: SnapshotIdentity? = nil) async throws -> ChangedBlocks.Outcome
  {
    let facts = try await facts(snapshot, of: origin)
    var found: BaseProof.Surroundings?
    if let base { found = try await surroundings(base.name.volume) }
    return try await ChangedBlocks(holds: holds).find(facts, base: base, found: found)
  }
}
