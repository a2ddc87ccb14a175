import BackupModel
import BackupRepository
import HostSystem
import VolumeSnapshots

/// Has the file system of an image examined by its own checker, which changes nothing.
///
/// A journal that has to be replayed is replayed first, in the copy: an image of a volume that was in use has one.
struct FileSystemProbe: Probe {
  let timeLimit: Duration

  /// Where ext keeps the first copy of its superblock, by the size of its blocks: at the beginning of the second group.
  private static let secondSuperblocks: [Int64] = [8193 * 1024, 16_384 * 2048, 32_768 * 4096]
  private static let mostLines = 3
  /// What `mount` says that is the fault of this host, not of the image.
  private static let faultsOfHost = ["unknown filesystem type", "failed to setup loop device"]

  func run(on data: RestoredData) async throws -> ProbeReport {
    var report = ProbeReport()
    guard let image = data.image else { return report }
    let path = ImageArchive.path
    guard let file = String(validating: image.path, as: UTF8.self) else {
      report.missName(path)
      return report
    }
    report.items = 1
    do {
      let found = try await withBlockingWork { _ in
        try FileSystemSignature.all(in: try OpenFile.open(image.path, .readOwn))
      }
      guard found.count <= 1 else {
        report.miss(
          path,
          "it has the signatures of \(found.map(\.description).joined(separator: " and ")), so that nobody can know what it is"
        )
        return report
      }
      switch found.first {
      case .ext(_, let needsReplay): try await examineExt(file, needsReplay: needsReplay, data, &report)
      case .xfs: try await examineXFS(file, isDevice: image.isDevice, data, &report)
      case .btrfs:
        let result = try await run("btrfs", ["check", "--readonly", "--force", file], data)
        if !result.isSuccess { report.find(path, "Btrfs: \(Self.words(result))") }
      case .luks: try examineLUKS(image.path, &report)
      case .some(let other):
        report.notes.append("\(path.displayedPath): \(other), which isn't looked into")
      case nil: try examineUnknown(image.path, data, &report)
      }
    } catch let obstacle as Isolation.Obstacle {
      report.miss(path, obstacle)
    } catch let error as SystemError {
      report.miss(path, error.description)
    }
    return report
  }

  // MARK: - Checkers

  private func run(_ program: String, _ words: [String], _ data: RestoredData) async throws -> ChildResult {
    try await data.isolation.run([Isolation.path(ofSystemProgram: program)] + words, limit: timeLimit)
  }

  private func examineExt(
    _ file: String, needsReplay: Bool, _ data: RestoredData, _ report: inout ProbeReport
  ) async throws {
    if needsReplay {
      // `-p` gives up where there is damage; `-y` would mend the journal, and thereby hide it.
      let replay = try await run("e2fsck", ["-p", "-E", "journal_only", file], data)
      guard replay.end == .exited(0) || replay.end == .exited(1) else {
        return report.find(
          ImageArchive.path, "its journal can't be replayed: e2fsck: \(Self.words(replay, isExt: true))")
      }
    }
    let result = try await run("e2fsck", ["-f", "-n", file], data)
    if !result.isSuccess { report.find(ImageArchive.path, "e2fsck: \(Self.words(result, isExt: true))") }
  }

  private func examineXFS(
    _ file: String, isDevice: Bool, _ data: RestoredData, _ report: inout ProbeReport
  ) async throws {
    // Not with `-f`, by which it takes the whole file for a log (xfsprogs 6.1).
    let log = try await run("xfs_logprint", ["-t", file], data)
    if String(decoding: log.output, as: UTF8.self).contains("<DIRTY>") {
      // Only the kernel replays this log. The mount, in a namespace of its own, is gone with the program that made it.
      guard ProcessStatus.isRoot, data.isolation.shortfall == nil, let mountPoint = try makeMountPoint(data) else {
        return report.miss(ImageArchive.path, "its journal has to be replayed by a mount, which only root can make")
      }
      let mount = try await run(
        "mount", ["-t", "xfs", "-o", (isDevice ? "" : "loop,") + "nouuid,nosuid,nodev,noexec", file, mountPoint], data)
      let words = Self.words(mount)
      if Self.faultsOfHost.contains(where: words.contains) {
        return report.miss(ImageArchive.path, "its journal can't be replayed here: \(words)")
      }
      guard mount.isSuccess else {
        return report.find(ImageArchive.path, "its journal can't be replayed: \(words)")
      }
    }
    // Made for devices, this one wants to be told of a file.
    let result = try await run("xfs_repair", ["-n"] + (isDevice ? [file] : ["-f", file]), data)
    if !result.isSuccess { report.find(ImageArchive.path, "xfs_repair: \(Self.words(result))") }
  }

  private func makeMountPoint(_ data: RestoredData) throws(SystemError) -> String? {
    let name = PathBytes(path: "mnt")
    try OpenFile.open(data.workspace, .directory).makeDirectory(name, permissions: 0o700)
    return String(validating: data.workspace + [0x2F] + name, as: UTF8.self)
  }

  /// What a checker says, without its headings.
  private static func words(_ result: ChildResult, isExt: Bool = false) -> String {
    let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
      .map { String($0.drop(while: \.isWhitespace)) }
    let said =
      isExt
      ? lines.filter { !$0.isEmpty && !$0.hasPrefix("Pass ") && !$0.contains(": ********** WARNING") }
      : result.lastWords.filter { !$0.hasPrefix("Phase ") && !$0.hasPrefix("        - ") }
    let chosen = said.isEmpty ? result.lastWords : said
    return chosen.isEmpty ? "the checker \(result.end)" : chosen.prefix(mostLines).joined(separator: "; ")
  }

  // MARK: - Without a checker

  private func examineLUKS(_ image: PathBytes, _ report: inout ProbeReport) throws {
    let path = ImageArchive.path
    switch try LUKSFinding.find(in: try OpenFile.open(image, .readOwn)) {
    case .header(let header):
      report.notes.append(
        "\(path.displayedPath): encrypted with LUKS\(header.version.rawValue); only its header was looked at, it is whole"
      )
    case .damaged(let reason): report.find(path, "the header of LUKS is damaged: \(reason)")
    case .secondHeaderOnly(let offset): report.find(path, "the header of LUKS is gone; its copy at \(offset) is there")
    case .none: break
    }
  }

  /// An image without any signature is empty, or has lost its beginning.
  private func examineUnknown(_ image: PathBytes, _ data: RestoredData, _ report: inout ProbeReport) throws {
    let file = try OpenFile.open(image, .readOwn)
    if case .secondHeaderOnly = try LUKSFinding.find(in: file) { return try examineLUKS(image, &report) }
    for offset in Self.secondSuperblocks where try file.contents(at: offset + 56, count: 2) == [0x53, 0xEF] {
      return report.find(
        ImageArchive.path,
        "its first superblock is gone; there is a copy at \(offset): it was a file system of the kind ext")
    }
    var lost: (RecoveryPointID, FileSystemSignature)?
    try data.history.forEachEarlier(ImageArchive.path) { point, entry, chunks in
      guard let beginning = PointHistory.beginning(of: entry, chunks, count: FileSystemSignature.neededBytes),
        let signature = FileSystemSignature.all(in: beginning).first
      else { return true }
      lost = (point.id, signature)
      return false
    }
    if let (point, signature) = lost {
      report.find(
        ImageArchive.path, "it holds no file system that is known; in the point \(point) it held \(signature)")
    } else {
      report.notes.append("\(ImageArchive.path.displayedPath): holds no file system that is known")
    }
  }
}
