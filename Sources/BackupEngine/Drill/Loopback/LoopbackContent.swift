import BackupModel
import HostSystem
import VolumeSnapshots

/// What a drill on a loop device keeps in its volumes: files of all kinds, databases, blocks without any file system.
struct LoopbackContent: Sendable {
  private static let smallFiles = 200
  private static let rows = 1000

  let pool: LoopbackPool
  /// A file system that is archived as an image.
  let image: VolumeName
  /// Blocks without a file system.
  let raw: VolumeName
  /// A file system with the databases, archived as files.
  let files: VolumeName
  private(set) var postgres: LoopbackPostgres?
  private(set) var hasSQLite = false

  var imageMount: String { "\(pool.place.path)/image" }
  var filesMount: String { "\(pool.place.path)/files" }
  private var tools: HostTools { pool.tools }
  /// Bytes of noise in each volume.
  private var noise: Int64 { pool.size.bytes / 32 }

  /// Makes the volumes, their file systems and what is in them.
  ///
  /// A server of PostgreSQL runs when this returns, if there is one.
  /// - Throws: `VolumeError`; `ChildError`; `SystemError`.
  static func make(in pool: LoopbackPool) async throws -> LoopbackContent {
    let unit = pool.size.bytes / 16 / (64 << 10) * (64 << 10)
    var content = LoopbackContent(
      pool: pool, image: try await pool.makeVolume("image", ByteCount(4 * unit)),
      raw: try await pool.makeVolume("raw", ByteCount(unit)),
      files: try await pool.makeVolume("files", ByteCount(6 * unit)))
    for (volume, mountPoint) in [(content.image, content.imageMount), (content.files, content.filesMount)] {
      _ = try await content.tools.output(
        of: "mkfs.ext4", ["-q", "-F", volume.devicePath], to: "make a file system on \(volume)")
      try pool.place.makeDirectory(mountPoint)
      try await content.mount(volume, mountPoint)
      try content.makeFiles(in: mountPoint)
    }
    try content.writeNoise(to: content.raw.devicePath, at: 0)
    content.postgres = try await LoopbackPostgres.find(
      mountPoint: content.filesMount, socket: "\(pool.place.path)/socket", pool.tools)
    try await content.postgres?.make(rows: rows)
    content.hasSQLite = try await content.writeSQLite("CREATE TABLE drill (id INTEGER PRIMARY KEY, text TEXT);")
    return content
  }

  /// What is in the volumes, for a person.
  var summary: String {
    let databases = [
      hasSQLite ? "SQLite" : "no SQLite (`sqlite3` isn't installed)",
      postgres.map { "PostgreSQL \($0.version), running" } ?? "no PostgreSQL (no server is installed)",
    ]
    return
      "3 volumes: an image with ext4, one without a file system, files with \(databases.joined(separator: " and "))"
  }

  /// Mounts a volume as an application would.
  func mount(_ volume: VolumeName, _ mountPoint: String) async throws {
    _ = try await tools.output(
      of: "mount", ["-t", "ext4", "-o", "nosuid,nodev,noexec", volume.devicePath, mountPoint], to: "mount \(volume)")
  }

  /// Unmounts the image's file system, as an application that is stopped does.
  func unmountImage() async throws {
    _ = try await tools.output(of: "umount", [imageMount], to: "unmount \(image)")
  }

  /// Changes a little: a file is written anew, one is removed, rows are added, some blocks are overwritten.
  func change() async throws {
    let directory = try OpenFile.open(PathBytes(path: imageMount), .directory)
    try directory.unlink(PathBytes(path: "small-7"))
    try write("changed", Array("written after the first point\n".utf8), in: directory)
    try directory.synchronizeFileSystem()
    try writeNoise(to: raw.devicePath, at: 0, count: 256 << 10)
    try await postgres?.insert(Self.rows)
    if hasSQLite { _ = try await writeSQLite("") }
  }

  /// Overwrites the beginning of the image's volume, as a wrong `dd` does.
  func spoilImage() throws(SystemError) {
    let device = try OpenFile.open(PathBytes(path: image.devicePath), .updateDevice)
    try device.write([UInt8](repeating: 0xBD, count: 4 << 20)[...], at: 0)
    try device.synchronize()
  }

  /// Whether the image's volume begins as ``spoilImage()`` leaves it.
  func isImageSpoiled() throws(SystemError) -> Bool {
    try OpenFile.open(PathBytes(path: image.devicePath), .readOwn).contents(at: 0, count: 4 << 20)
      .allSatisfy { $0 == 0xBD }
  }

  // MARK: - Writing

  /// Files of the kinds that are lost most easily.
  private func makeFiles(in path: String) throws(SystemError) {
    let directory = try OpenFile.open(PathBytes(path: path), .directory)
    for number in 0..<Self.smallFiles { try write("small-\(number)", Array("file \(number)\n".utf8), in: directory) }
    try write(name: [0x6E, 0xFF, 0x6D], Array("a name that isn't UTF-8\n".utf8), in: directory)
    try directory.makeHardLink(PathBytes(path: "small-0"), in: directory, newName: PathBytes(path: "linked"))
    try directory.makeSymbolicLink(PathBytes(path: "pointer"), target: PathBytes(path: "small-1"))
    try directory.makeDirectory(PathBytes(path: "empty"), permissions: 0o750)
    let sparse = try directory.open(PathBytes(path: "sparse"), .newFile(permissions: 0o644))
    try sparse.setSize(noise)
    try sparse.write([1][...], at: noise / 2)
    try sparse.close()
    try write("noise", [], in: directory)
    try writeNoise(to: "\(path)/noise", at: 0)
    try directory.synchronizeFileSystem()
  }

  private func write(_ name: String, _ content: [UInt8], in directory: OpenFile) throws(SystemError) {
    try write(name: PathBytes(path: name), content, in: directory)
  }

  private func write(name: PathBytes, _ content: [UInt8], in directory: OpenFile) throws(SystemError) {
    let file = try directory.open(name, .newFile(permissions: 0o644))
    try file.write(content)
    try file.close()
  }

  private func writeNoise(to path: String, at offset: Int64, count: Int64? = nil) throws(SystemError) {
    let source = try OpenFile.open(PathBytes(path: "/dev/urandom"), .readOwn)
    let target = try OpenFile.open(PathBytes(path: path), .updateDevice)
    var written: Int64 = 0
    while written < count ?? noise {
      let piece = try source.contents(at: 0, count: Int(min(1 << 20, (count ?? noise) - written)))
      try target.write(piece[...], at: offset + written)
      written += Int64(piece.count)
    }
    try target.synchronize()
  }

  /// Adds rows to the SQLite file.
  ///
  /// - Returns: false if `sqlite3` isn't installed.
  private func writeSQLite(_ first: String) async throws -> Bool {
    let rows =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(Self.rows)) "
      + "INSERT INTO drill(text) SELECT hex(i) FROM n;"
    do {
      _ = try await tools.output(
        of: "sqlite3", ["-batch", "\(filesMount)/drill.sqlite"], to: "write a SQLite file",
        input: Array("PRAGMA journal_mode=WAL; \(first) \(rows)".utf8))
      return true
    } catch let error as ChildError where error.code == .notStarted {
      return false
    }
  }
}
