import BackupModel
import BackupRepository
import HostSystem
import VolumeSnapshots

/// The steps of a drill on a loop device: fill, archive, change, archive again, verify, damage, restore, compare.
///
/// Each is done by calling backupctl as a person would, and judged by looking at the volumes themselves.
actor LoopbackCycle {
  /// A step: its word, and what does it and returns what was seen.
  struct Step: Sendable {
    let name: String
    let body: @Sendable (LoopbackCycle) async throws -> String
  }

  private struct Point: Decodable {
    struct Statistics: Decodable {
      let readBytes: Int64
      let storedBytes: Int64
    }
    let statistics: Statistics
  }
  private struct Snapshot: Decodable {
    let name: String
    let volume: String?
    let isBase: Bool
  }
  private struct DrillResult: Decodable {
    let result: String
    let restoreSeconds: Double
    let findings: [String]
    let obstacles: [String]
  }
  private struct Restore: Decodable {
    let restore: String
    let state: String
  }

  private typealias Finding = LoopbackProgram.Finding
  private static let damaged: Int32 = 20
  /// With all of which it prints what it found: well, damage, something that couldn't be looked at, a program that is missing.
  private static let drillCodes: Set<Int32> = [0, damaged, 3, 31]

  /// All of them, in order.
  static let steps = [
    Step(name: "pool") { try await $0.makePool() },
    Step(name: "fill") { try await $0.fill() },
    Step(name: "archive") { try await $0.archive() },
    Step(name: "change") { try await $0.archiveChanges() },
    Step(name: "verify") { try await $0.verify() },
    Step(name: "drill") { try await $0.drill() },
    Step(name: "damage") { try await $0.noticeDamage() },
    Step(name: "restore") { try await $0.restoreFromArchive() },
    Step(name: "snapshot") { try await $0.restoreFromSnapshot() },
    Step(name: "undo") { try await $0.undo() },
    Step(name: "rescue") { try await $0.restoreWithoutBackupctl() },
  ]

  private let pool: LoopbackPool
  private let program: LoopbackProgram
  private var content: LoopbackContent?
  private var firstReadBytes: Int64 = 0

  init(pool: LoopbackPool, program: LoopbackProgram) {
    self.pool = pool
    self.program = program
  }

  // MARK: - Making and archiving

  private func makePool() async throws -> String {
    try await pool.make()
    return "\(pool.size) in the volume group \(pool.place.group)"
  }

  private func fill() async throws -> String {
    let made = try await LoopbackContent.make(in: pool)
    content = made
    return made.summary
  }

  private func filled() throws -> LoopbackContent {
    guard let content else { throw Finding(text: "there is no content yet") }
    return content
  }

  private func archive() async throws -> String {
    try program.configure()
    try await program.call(["init", "--quiet", pool.place.repository], isConfigured: false)
    try await program.call(["run", pool.place.schedule])
    let statistics = try await statistics()
    firstReadBytes = statistics.read
    return "read \(ByteCount(statistics.read)), stored \(ByteCount(statistics.stored))"
  }

  private func archiveChanges() async throws -> String {
    try await filled().change()
    try await program.call(["run", pool.place.schedule])
    let statistics = try await statistics()
    guard statistics.read > 0, statistics.read < firstReadBytes else {
      throw Finding(
        text: "the second archive read \(ByteCount(statistics.read)), the first \(ByteCount(firstReadBytes)), "
          + "though only a little changed")
    }
    return "read \(ByteCount(statistics.read)) of \(ByteCount(firstReadBytes)), "
      + "stored \(ByteCount(statistics.stored))"
  }

  /// Of the newest points of all three volumes.
  private func statistics() async throws -> (read: Int64, stored: Int64) {
    let content = try filled()
    var sum: (read: Int64, stored: Int64) = (0, 0)
    for volume in [content.image, content.raw, content.files] {
      let point = try await program.read(Point.self, ["show", "volume/\(volume)"])
      sum.read += point.statistics.readBytes
      sum.stored += point.statistics.storedBytes
    }
    return sum
  }

  // MARK: - Looking

  private func verify() async throws -> String {
    try await program.call(["check"])
    try await program.call(["verify"])
    return "every point and every stored byte"
  }

  private func drill() async throws -> String {
    let content = try filled()
    let probes =
      ["sqlite", "dump", "file-system"] + (content.postgres == nil ? [] : ["postgres"])
    let drills = try await program.read(
      [DrillResult].self,
      [
        "drill", "--scratch", pool.place.path, "--scratch-pool", "\(pool.place.group)/\(LoopbackPool.pool)",
        "--look-inside",
      ]
        + probes.flatMap { ["--probe", $0] }, codes: Self.drillCodes)
    guard drills.count == 3, drills.allSatisfy({ $0.result == "ok" }) else {
      let said = drills.flatMap { $0.findings + $0.obstacles }
      throw Finding(
        text: "drills of the volumes end as \(drills.map(\.result).joined(separator: ", ")): "
          + said.prefix(3).joined(separator: " | "))
    }
    let seconds = drills.reduce(0) { $0 + $1.restoreSeconds }
    return "\(drills.count) sources restored in \(seconds.rounded(toDecimals: 1)) s, equal to their points; probes: "
      + probes.joined(separator: ", ")
  }

  /// Flips a bit in a pack, expects that it is found and named, and flips it back.
  private func noticeDamage() async throws -> String {
    let content = try filled()
    let directory = PathBytes(path: "\(pool.place.repository)/sources/volume/\(content.raw)/packs")
    let packs = try OpenFile.open(directory, .directory)
    guard let name = try packs.names().first(where: { $0.suffix(8).elementsEqual(".tar.zst".utf8) }) else {
      throw Finding(text: "there is no pack in \(directory.displayedPath)")
    }
    let path = directory + [0x2F] + name
    try flip(path)
    let found: (code: Int32, output: String)
    do {
      found = try await program.call(["verify", "volume/\(content.raw)"], codes: [Self.damaged])
    } catch {
      try flip(path)
      throw error
    }
    try flip(path)
    guard found.output.contains("\(content.raw)") else {
      throw Finding(text: "`verify` ended with 20 without naming volume/\(content.raw): \(found.output.prefix(300))")
    }
    try await program.call(["verify", "volume/\(content.raw)"])
    return "one flipped bit in a pack is found and named"
  }

  private func flip(_ path: PathBytes) throws(SystemError) {
    let file = try OpenFile.open(path, .update)
    let offset = try file.length() / 3
    let byte = try file.contents(at: offset, count: 1)
    try file.write([byte[0] ^ 0x10][...], at: offset)
    try file.synchronize()
  }

  // MARK: - Restoring

  private func restoreFromArchive() async throws -> String {
    let content = try filled()
    try await content.unmountImage()
    try content.spoilImage()
    try await program.call([
      "restore", "volume/\(content.image)", "--in-place", "--from", "archive", "--yes", "--quiet",
    ])
    try await requireEqualToBase(content.image)
    try await requireSoundImage()
    return "the volume, overwritten at its beginning, is again as its snapshot was, byte for byte"
  }

  private func restoreFromSnapshot() async throws -> String {
    let content = try filled()
    try content.spoilImage()
    try await program.call(
      ["restore", "volume/\(content.image)", "--in-place", "--from", "snapshot", "--yes", "--quiet"])
    try await requireEqualToBase(content.image)
    try await requireSoundImage()
    return "the same from the volume's snapshot, which stays"
  }

  private func undo() async throws -> String {
    let content = try filled()
    let restores = try await program.read([Restore].self, ["restore", "--list", "--verbose"])
    // Ids are times: the newest is the one whose volume is live.
    guard let last = restores.filter({ $0.state == "restored" }).max(by: { $0.restore < $1.restore }) else {
      throw Finding(text: "`backupctl restore --list` knows no restore that could be taken back")
    }
    try await program.call(["restore", "--undo", last.restore, "--yes", "--quiet"])
    guard try content.isImageSpoiled() else {
      throw Finding(text: "after `restore --undo` the volume isn't as it was before the restore")
    }
    for restore in restores { try await program.call(["restore", "--forget", restore.restore, "--yes", "--quiet"]) }
    return "the volume is as it was before the restore; what was kept is removed"
  }

  /// With the program that every repository has, if there is something to run it.
  private func restoreWithoutBackupctl() async throws -> String {
    let content = try filled()
    let target = "\(pool.place.path)/rescued"
    do {
      _ = try await pool.tools.output(
        of: "python3",
        ["\(pool.place.repository)/rescue.py", "restore", "volume/\(content.raw)", "--to", target],
        to: "restore with rescue.py", timeLimit: program.timeLimit)
    } catch let error as ChildError where error.code == .notStarted {
      return "left out: there is no python3"
    }
    let restored = try OpenFile.open(PathBytes(path: "\(target)/volume.img"), .readOwn)
    let base = try await base(of: content.raw)
    let difference = try await withActive(base) { device in try Self.firstDifference(device, restored) }
    if let difference { throw Finding(text: "what rescue.py restores differs from the snapshot at byte \(difference)") }
    return "rescue.py restores the same bytes without backupctl"
  }

  private func requireSoundImage() async throws {
    _ = try await pool.tools.output(
      of: "e2fsck", ["-f", "-n", try filled().image.devicePath], to: "find the restored file system whole")
  }

  // MARK: - Comparing

  /// The snapshot that the newest point of a volume was read from.
  private func base(of volume: VolumeName) async throws -> VolumeName {
    let snapshots = try await program.read([Snapshot].self, ["snapshots", "list"])
    guard let base = snapshots.first(where: { $0.volume == volume.description && $0.isBase }),
      let name = VolumeName(parsing: base.name)
    else { throw Finding(text: "\(volume) has no snapshot that its newest point was read from") }
    return name
  }

  private func requireEqualToBase(_ volume: VolumeName) async throws {
    let live = try OpenFile.open(PathBytes(path: volume.devicePath), .readOwn)
    let base = try await base(of: volume)
    let difference = try await withActive(base) { device in try Self.firstDifference(device, live) }
    if let difference { throw Finding(text: "\(volume) differs from its snapshot \(base) at byte \(difference)") }
  }

  private func withActive<Answer: Sendable>(
    _ snapshot: VolumeName, _ body: (OpenFile) throws -> Answer
  ) async throws -> Answer {
    _ = try await pool.tools.output(
      of: "lvchange", ["--quiet", "--ignoreactivationskip", "--activate", "y", snapshot.description],
      to: "activate \(snapshot)")
    let result = Result { try body(try OpenFile.open(PathBytes(path: snapshot.devicePath), .readOwn)) }
    _ = try await pool.tools.output(
      of: "lvchange", ["--quiet", "--activate", "n", snapshot.description], to: "deactivate \(snapshot)")
    return try result.get()
  }

  /// The offset of the first mebibyte in which two differ, or of the end of the shorter one.
  private static func firstDifference(_ left: OpenFile, _ right: OpenFile) throws -> Int64? {
    let (length, other) = (try left.length(), try right.length())
    var offset: Int64 = 0
    while offset < min(length, other) {
      let count = Int(min(1 << 20, min(length, other) - offset))
      guard try left.contents(at: offset, count: count) == right.contents(at: offset, count: count) else {
        return offset
      }
      offset += Int64(count)
    }
    return length == other ? nil : offset
  }
}
