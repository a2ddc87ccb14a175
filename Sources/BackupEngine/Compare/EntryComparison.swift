import BackupRepository
import HostSystem

/// An entry of a point and what is under its name on disk.
struct EntryPair: Sendable {
  var entry: IndexEntry
  var status: FileStatus
  /// The open directory that holds the name.
  var directory: OpenFile
  /// The name, without a NUL; `.` for the directory itself.
  var name: PathBytes
}

/// Compares single entries with what is on disk.
///
/// Not thread-safe: each thread has its own.
final class EntryComparison {
  private let findings: ComparisonFindings
  private let comparesContent: Bool
  private let comparesOwnership: Bool
  private let check = ContentCheck()

  init(_ findings: ComparisonFindings, comparesContent: Bool, comparesOwnership: Bool) {
    self.findings = findings
    self.comparesContent = comparesContent
    self.comparesOwnership = comparesOwnership
  }

  /// Compares one pair and notes each difference.
  func compare(_ pair: EntryPair) {
    let entry = pair.entry
    var bytes: Int64 = 0
    defer { findings.compared(bytes: bytes) }
    guard entry.kind == pair.status.kind else {
      return note(entry, .kind(expected: entry.kind, found: pair.status.kind))
    }
    compareStatus(pair)
    do throws(SystemError) {
      try compareAttributes(pair)
      switch entry.kind {
      case .symbolicLink:
        // A further name of a link has no target of its own in the index.
        guard let expected = entry.linkTarget else { break }
        let found = try pair.directory.linkTarget(of: pair.name)
        if found != expected { note(entry, .linkTarget(expected: expected, found: found)) }
      case .characterDevice, .blockDevice:
        guard entry.hardLinkTarget == nil, entry.device != pair.status.deviceNumber else { break }
        note(entry, .device(expected: entry.device, found: pair.status.deviceNumber))
      case .file where entry.hardLinkTarget == nil:
        bytes = try compareContent(pair)
      default: break
      }
    } catch {
      note(entry, .unreadable(reason: "\(error.call): \(error.reason)"))
    }
  }

  private func compareStatus(_ pair: EntryPair) {
    let (entry, status) = (pair.entry, pair.status)
    if entry.kind != .symbolicLink, entry.permissions != status.permissions {
      note(entry, .permissions(expected: entry.permissions, found: status.permissions))
    }
    if comparesOwnership, entry.owner != status.owner || entry.group != status.group {
      note(
        entry,
        .owner(
          expected: TreeDifference.Ownership(owner: entry.owner, group: entry.group),
          found: TreeDifference.Ownership(owner: status.owner, group: status.group)))
    }
    if entry.modified != status.modified {
      note(entry, .modified(expected: entry.modified, found: status.modified))
    }
  }

  private func compareAttributes(_ pair: EntryPair) throws(SystemError) {
    // A further name has its attributes in the line of the first one.
    guard pair.entry.hardLinkTarget == nil else { return }
    let found = try pair.directory.extendedAttributes(of: pair.name)
    guard found != pair.entry.attributes else { return }
    let expected = Set(pair.entry.attributes)
    let names = Set(expected.symmetricDifference(found).map(\.name)).filter { name in
      // Labels of security modules belong to the system that the tree is on.
      !name.starts(with: "security.".utf8) || name.elementsEqual("security.capability".utf8)
    }
    guard !names.isEmpty else { return }
    note(pair.entry, .attributes(names: names.sorted { $0.lexicographicallyPrecedes($1) }))
  }

  private func compareContent(_ pair: EntryPair) throws(SystemError) -> Int64 {
    let entry = pair.entry
    guard entry.size == pair.status.size else {
      note(entry, .size(expected: entry.size, found: pair.status.size))
      return 0
    }
    guard comparesContent, entry.size > 0 else { return 0 }
    let file = try pair.directory.open(pair.name, .read)
    let wasCached = entry.size < 1 << 18 || file.isCached
    if let first = try check.differences(of: file, from: entry, firstOnly: true).first {
      note(entry, .content(offset: entry.extents[..<first].reduce(0) { $0 + $1.length }))
    }
    if !wasCached { file.dropCache() }
    return entry.dataBytes
  }

  private func note(_ entry: IndexEntry, _ kind: TreeDifference.Kind) {
    findings.add(TreeDifference(path: entry.path, kind: kind))
  }
}
