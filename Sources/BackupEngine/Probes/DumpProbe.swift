import BackupModel
import BackupRepository
import HostSystem

/// Looks whether dumps of databases are whole, hold rows if earlier ones did, and aren't the same for weeks.
struct DumpProbe: Probe {
  let timeLimit: Duration
  /// How long a dump that is written anew may stay the same; nil is never too long.
  let unchangedFor: Duration?

  /// How much of an earlier dump is looked at for a row.
  private static let beginningBytes = 4 << 20
  /// How many earlier dumps.
  private static let mostEarlier = 10

  func run(on data: RestoredData) async throws -> ProbeReport {
    var report = ProbeReport()
    for dump in data.recognized.dumps {
      report.items += 1
      let found = report.findings.count
      do {
        if dump.format == .postgresArchive {
          try await examineArchive(dump, data, &report)
        } else {
          try await examineText(dump, data, &report)
        }
      } catch let obstacle as Isolation.Obstacle {
        report.miss(dump.path, obstacle)
      } catch let error as SystemError {
        report.miss(dump.path, error.description)
      }
      if report.findings.count == found { try examineAge(dump, data, &report) }
    }
    return report
  }

  // MARK: - SQL

  private func examineText(
    _ dump: RecognizedFiles.Dump, _ data: RestoredData, _ report: inout ProbeReport
  ) async throws {
    let scan: DumpScan
    if let decompressor = dump.format.decompressor {
      guard let file = data.argument(dump.path) else { return report.missName(dump.path) }
      let (scanned, result) = try await Self.scan(decompressor + [file], data.isolation, timeLimit)
      guard result.isSuccess else {
        return report.find(
          dump.path, "it can't be decompressed: \(result.lastWords.last ?? "\(decompressor[0]) \(result.end)")")
      }
      scan = scanned
      guard scan.count > 0 else { return report.find(dump.path, "the dump is empty") }
      // Compressed SQL of someone else's: nothing is known of how it should be.
      guard scan.format != nil else {
        report.items -= 1
        return
      }
    } else {
      let path = data.path(of: dump.path)
      scan = try await withBlockingWork { cancellation in
        try DumpScan.scanning(try OpenFile.open(path, .read), cancellation: cancellation)
      }
    }
    if let end = scan.missingEnd {
      report.find(dump.path, "the dump is cut short: it doesn't end with `\(end)`")
    } else if !scan.hasRows {
      try await examineRows(dump, data, &report)
    }
  }

  /// Runs a program and scans what it writes.
  private static func scan(
    _ vector: [String], _ isolation: Isolation, _ limit: Duration, input: [UInt8] = []
  ) async throws -> (DumpScan, ChildResult) {
    let (reading, writing) = try OpenFile.pipe()
    async let scan = withBlockingWork { try DumpScan.scanning(reading, cancellation: $0) }
    let result: Result<ChildResult, any Error>
    do {
      result = .success(try await isolation.run(vector, limit: limit, input: input, writingTo: writing))
    } catch {
      result = .failure(error)
    }
    // Its error would say nothing: nothing was written through this end.
    try? writing.close()
    return (try await scan, try result.get())
  }

  // MARK: - Archives of pg_dump

  private func examineArchive(
    _ dump: RecognizedFiles.Dump, _ data: RestoredData, _ report: inout ProbeReport
  ) async throws {
    let isDirectory = lastComponent(of: dump.path) == Array("toc.dat".utf8)
    let place = isDirectory ? parentPath(of: dump.path).map(Array.init) ?? [0x2E] : dump.path
    guard let file = data.argument(place) else { return report.missName(dump.path) }
    let list = try await data.isolation.run(["pg_restore", "--list", file], limit: timeLimit)
    guard list.isSuccess else { return judge(list, dump.path, &report) }
    // The list is at the beginning: only reading all of it shows whether the rest is there.
    let whole = try await data.isolation.run(["pg_restore", "--file=/dev/null", file], limit: timeLimit)
    guard whole.isSuccess else { return judge(whole, dump.path, &report) }
    if !Self.hasTableData(list) { try await examineRows(dump, data, &report) }
  }

  private func judge(_ result: ChildResult, _ path: PathBytes, _ report: inout ProbeReport) {
    let words = result.lastWords.first ?? "pg_restore \(result.end)"
    if words.contains("unsupported version") {
      report.miss(path, "it is of a newer version: \(words)")
    } else {
      report.find(path, "the dump is cut short or damaged: \(words)")
    }
  }

  private static func hasTableData(_ list: ChildResult) -> Bool {
    String(decoding: list.output, as: UTF8.self).split(separator: "\n")
      .contains { !$0.hasPrefix(";") && $0.contains(" TABLE DATA ") }
  }

  // MARK: - Compared with earlier points

  /// Without rows a dump is one of a new, empty database, or of one that was lost.
  private func examineRows(
    _ dump: RecognizedFiles.Dump, _ data: RestoredData, _ report: inout ProbeReport
  ) async throws {
    guard data.image == nil else {
      report.notes.append(
        "\(dump.path.displayedPath): the dump has no row of any table; those in earlier images aren't looked at")
      return
    }
    var earlier: [(RecoveryPointID, [UInt8])] = []
    var last = try data.history.entry(dump.path)?.extents
    try data.history.forEachEarlier(dump.path) { point, entry, chunks in
      guard entry.extents != last else { return true }
      last = entry.extents
      if let bytes = PointHistory.beginning(of: entry, chunks, count: Self.beginningBytes) {
        earlier.append((point.id, bytes))
      }
      return earlier.count < Self.mostEarlier
    }
    for (point, beginning) in earlier where try await hasRows(beginning, data) {
      return report.find(dump.path, "the dump has no row of any table; that of the point \(point) had some")
    }
    report.notes.append("\(dump.path.displayedPath): the dump has no row of any table, and no earlier one had")
  }

  private func hasRows(_ beginning: [UInt8], _ data: RestoredData) async throws -> Bool {
    guard let format = DumpFormat(head: beginning, name: [], isStream: true) else { return false }
    if format == .postgresArchive {
      return Self.hasTableData(
        try await data.isolation.run(["pg_restore", "--list"], limit: timeLimit, input: beginning))
    }
    guard let decompressor = format.decompressor else {
      var scan = DumpScan()
      scan.take(beginning[...])
      return scan.hasRows
    }
    // That it ends too early is known: only its beginning was given.
    return try await Self.scan(decompressor, data.isolation, timeLimit, input: beginning).0.hasRows
  }

  /// A dump that is written anew each time and never differs is one of a database that nobody uses, or of the wrong one.
  private func examineAge(
    _ dump: RecognizedFiles.Dump, _ data: RestoredData, _ report: inout ProbeReport
  ) throws {
    // The index knows nothing of the files in an image.
    guard data.image == nil, let unchangedFor, let now = try data.history.entry(dump.path) else { return }
    let newest = data.history.point.begun
    let limit = newest.adding(seconds: -unchangedFor.components.seconds)
    try data.history.forEachEarlier(dump.path) { point, entry, _ in
      guard entry.size == now.size, entry.extents == now.extents else { return false }
      // One that nobody has written again is an old file that is kept.
      guard point.begun <= limit else { return true }
      if entry.modified != now.modified {
        let days = (newest.seconds - point.begun.seconds) / 86_400
        report.find(
          dump.path, "the dump was written anew and is byte for byte that of the point \(point.id), \(days) days before"
        )
      }
      return false
    }
  }
}
