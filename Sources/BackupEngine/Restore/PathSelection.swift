import BackupModel
import BackupRepository
import HostSystem

/// The part of a point that is meant: all of it, or some paths with everything below them.
struct PathSelection: Sendable {
  /// The paths in the order of an index, none below another; empty if all is meant.
  let paths: [PathBytes]

  /// Tidies what a person gave: `/etc/ssh/`, `./etc/ssh` and `etc/ssh` are the same.
  ///
  /// - Throws: ``EngineError`` `badSpecification` for a path with `..`.
  init(_ given: [PathBytes]) throws {
    var tidied: [PathBytes] = []
    for path in given {
      let components = path.split(separator: 0x2F).filter { !$0.elementsEqual([0x2E]) }
      if components.contains(where: { $0.elementsEqual([0x2E, 0x2E]) }) {
        throw EngineError(
          .badSpecification, "cannot select \(path.displayedPath): a path has no '..'",
          hint: "give the path as `backupctl ls` prints it")
      }
      tidied.append(Array(components.joined(separator: [0x2F])))
    }
    if tidied.contains([]) { tidied = [] }
    tidied.sort { comparePaths($0[...], $1[...]) < 0 }
    var kept: [PathBytes] = []
    for path in tidied {
      // Below a path comes directly after it in this order.
      if let last = kept.last, isPath(path, atOrBelow: last) { continue }
      kept.append(path)
    }
    paths = kept
  }

  /// Whether everything is meant.
  var isAll: Bool { paths.isEmpty }

  /// Whether a path is meant.
  func contains(_ path: PathBytes) -> Bool {
    isAll || paths.contains { isPath(path, atOrBelow: $0) }
  }

  /// Calls `body` with the entries that are meant, in order.
  func forEachEntry(of reader: IndexReader, _ body: (IndexEntry) throws -> Void) throws {
    for path in isAll ? [[0x2E]] : paths {
      try reader.forEachEntry(below: path) { entry in
        try body(entry)
        return true
      }
    }
  }

  /// Makes sure that each path is there.
  ///
  /// - Throws: `RepositoryError` `noSuchEntry` naming the nearest sibling.
  func requireEntries(in reader: IndexReader, of point: RecoveryPoint) throws {
    for path in paths where try reader.entry(at: path) == nil {
      throw RepositoryError(
        .noSuchEntry, "cannot find \(path.displayedPath) in \(point.source)@\(point.id): there is no such entry",
        hint: try nearest(to: path, in: reader).map { "did you mean `\($0)`?" }
          ?? "list what is there with `backupctl ls \(point.source.name)@\(point.id)`")
    }
  }

  /// The existing path that comes nearest: the longest part that exists, and the name in it most like the next one.
  private func nearest(to path: PathBytes, in reader: IndexReader) throws -> String? {
    let components = path.split(separator: 0x2F).map(Array.init)
    var parent: PathBytes = []
    for component in components {
      let child = parent.isEmpty ? component : parent + [0x2F] + component
      if try reader.entry(at: child) != nil {
        parent = child
        continue
      }
      var names: Set<String> = []
      try reader.forEachEntry(below: parent.isEmpty ? [0x2E] : parent) { entry in
        let rest = entry.path.dropFirst(parent.isEmpty ? 0 : parent.count + 1)
        if !rest.isEmpty, !isRootPath(rest) { names.insert(Array(rest.prefix { $0 != 0x2F }).displayedPath) }
        return names.count < Self.mostNames
      }
      guard let name = nearestName(to: component.displayedPath, among: names) else { return nil }
      return parent.isEmpty ? name : "\(parent.displayedPath)/\(name)"
    }
    return nil
  }

  private static let mostNames = 10_000
}

/// Whether a path is another one or below it.
func isPath(_ path: PathBytes, atOrBelow top: PathBytes) -> Bool {
  if isRootPath(top[...]) { return true }
  return path.starts(with: top) && (path.count == top.count || path[top.count] == 0x2F)
}

/// The path of the directory that holds an entry: `.` for those at the top; nil for the root itself.
func parentPath(of path: PathBytes) -> ArraySlice<UInt8>? {
  if isRootPath(path[...]) { return nil }
  guard let slash = path.lastIndex(of: 0x2F) else { return [0x2E] }
  return path[..<slash]
}
