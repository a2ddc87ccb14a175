import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// Decides which entries `find` finds.
struct EntryFilter {
  private let patterns: ExcludePatterns
  private let kinds: Set<FileKind>?
  private let largerThan: ByteCount?
  private let newerThan: Timestamp?
  private static let allKinds: [FileKind] = [
    .file, .directory, .symbolicLink, .characterDevice, .blockDevice, .fifo, .socket,
  ]

  /// Understands what was typed.
  ///
  /// - Throws: `CommandError` or `PolicyError` of the category `usage`.
  init(patterns: [String], types: String?, largerThan: String?, newerThan: String?) throws {
    self.patterns = try ExcludePatterns(patterns)
    kinds = try types.map { letters in
      Set(
        try letters.filter { $0 != "," }.map { letter in
          guard let kind = Self.allKinds.first(where: { $0.letter == letter }) else {
            throw CommandError(
              .usage, "cannot understand the type '\(letter)'",
              hint: "types are f (file), d (directory), l (symbolic link), c and b (devices), p (FIFO), s (socket)")
          }
          return kind
        })
    }
    self.largerThan = try largerThan.map { text in
      guard let size = ByteCount(parsing: text) else {
        throw CommandError(.usage, "cannot understand the size '\(text)'", hint: "write 500, 64K, 20M or 1.5G")
      }
      return size
    }
    self.newerThan = try newerThan.map { text in
      let now = CommandEnvironment.current.clock.now()
      guard let end = TimeExpression(parsing: text)?.end(now: now, utcOffset: localUTCOffset(at: now)) else {
        throw CommandError(
          .usage, "cannot understand the time '\(text)'",
          hint: "write a date (2026-11-22), a date and time ('2026-11-22 05:00'), or '3 days ago'")
      }
      return end
    }
  }

  /// Whether an entry is found.
  func matches(_ entry: IndexEntry) -> Bool {
    if let kinds, !kinds.contains(entry.kind) { return false }
    if let largerThan, entry.kind != .file || entry.size <= largerThan.bytes { return false }
    if let newerThan, entry.modified <= newerThan { return false }
    return patterns.excludes(path: entry.path, isDirectory: entry.kind == .directory)
  }
}
