import BackupModel
public import BackupRepository
import HostSystem

/// Finds the entry that a person means by a path.
public struct EntryLookup {
  private let reader: IndexReader
  private let point: RecoveryPoint

  /// Looks in a point.
  public init(_ reader: IndexReader, in point: RecoveryPoint) {
    self.reader = reader
    self.point = point
  }

  /// The entry of a path as it was typed.
  ///
  /// The path is relative to the source's root, or absolute as the file was called when it was archived. What a listing
  /// shows as `\xHH` may be typed so.
  ///
  /// - Throws: `RepositoryError` `noSuchEntry` naming the nearest sibling; `damaged`.
  public func entry(_ typed: String) throws -> IndexEntry {
    let candidates = candidates(typed)
    for candidate in candidates {
      if let entry = try reader.entry(at: candidate) { return entry }
    }
    throw try missing(candidates[0], typed)
  }

  /// What a typed path can stand for, likeliest first; never empty.
  private func candidates(_ typed: String) -> [PathBytes] {
    var paths = [PathBytes(path: typed)]
    if let bytes = Self.unescaped(paths[0]) { paths.append(bytes) }
    var candidates: [PathBytes] = []
    for path in paths {
      candidates.append(Self.relative(path[...]))
      for origin in [point.origin?.path, point.origin?.resolvedPath].compactMap({ $0 }) {
        let prefix = PathBytes(path: origin)
        guard prefix.first == 0x2F, path.starts(with: prefix) else { continue }
        let rest = path[prefix.count...]
        if rest.isEmpty || rest.first == 0x2F || prefix.last == 0x2F { candidates.append(Self.relative(rest)) }
      }
    }
    return candidates
  }

  /// The path as indexes write it: without slashes at its ends, doubled ones and `.` components.
  private static func relative(_ path: ArraySlice<UInt8>) -> PathBytes {
    let components = path.split(separator: 0x2F).filter { !$0.elementsEqual([0x2E]) }
    return components.isEmpty ? [0x2E] : PathBytes(components.joined(separator: [0x2F]))
  }

  /// The bytes that a displayed path stands for; nil if it holds no `\xHH`.
  private static func unescaped(_ text: PathBytes) -> PathBytes? {
    var bytes = PathBytes()
    var position = 0
    var hasEscapes = false
    while position < text.count {
      if text[position] == 0x5C, position + 3 < text.count, text[position + 1] == 0x78,
        let byte = UInt8(String(decoding: text[(position + 2)...(position + 3)], as: UTF8.self), radix: 16)
      {
        bytes.append(byte)
        position += 4
        hasEscapes = true
      } else {
        bytes.append(text[position])
        position += 1
      }
    }
    return hasEscapes ? bytes : nil
  }

  private func missing(_ path: PathBytes, _ typed: String) throws -> RepositoryError {
    let name = "\(point.source.name)@\(point.id)"
    var parent = path
    var child = path
    while true {
      child = parent
      parent = parent.lastIndex(of: 0x2F).map { Array(parent[..<$0]) } ?? [0x2E]
      guard let entry = try reader.entry(at: parent) else {
        if isRootPath(parent[...]) { break }
        continue
      }
      guard entry.kind == .directory else {
        return RepositoryError(
          .noSuchEntry,
          "cannot find \(typed) in \(name): \(parent.displayedPath) is not a directory",
          hint: entry.linkTarget.map { "it is a symbolic link to \($0.displayedPath)" })
      }
      break
    }
    var siblings: [String] = []
    try EntryListing(reader).forEachChild(of: parent) { sibling in
      siblings.append(sibling.path.displayedPath)
      return siblings.count < 100_000
    }
    let nearest = nearestName(to: child.displayedPath, among: siblings)
    let place = isRootPath(parent[...]) ? "" : " \(parent.displayedPath)"
    return RepositoryError(
      .noSuchEntry, "cannot find \(typed) in \(name): there is no \(child.displayedPath)",
      hint: nearest.map { "did you mean `\($0)`?" } ?? "list what there is: `backupctl ls \(name)\(place)`")
  }
}
