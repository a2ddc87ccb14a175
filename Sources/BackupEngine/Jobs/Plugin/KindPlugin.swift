import BackupModel
import HostSystem

/// An executable that performs jobs of one kind: `backupctl-kind-NAME`.
struct KindPlugin: Sendable, Hashable {
  /// The version of the protocol that is spoken (`docs/plugins.md`).
  static let protocolVersion = 1
  static let prefix = "backupctl-kind-"

  /// The kind.
  let kind: String
  /// The directory that it was found in.
  let directory: PathBytes

  /// The executable's name.
  var name: String { Self.prefix + kind }
  private var path: PathBytes { directory + [0x2F] + PathBytes(path: name) }

  /// The plug-ins of some directories by their kind; the first directory that has one counts.
  ///
  /// Nothing is looked at but names. A directory that doesn't exist has no plug-ins.
  /// - Throws: `EngineError` `badSpecification` if a directory can't be listed.
  static func find(in directories: [PathBytes]) throws(EngineError) -> [String: KindPlugin] {
    var found: [String: KindPlugin] = [:]
    for directory in directories {
      for file in try names(in: directory) {
        let name = String(decoding: file, as: UTF8.self)
        guard name.hasPrefix(prefix), name.utf8.elementsEqual(file) else { continue }
        let kind = String(name.dropFirst(prefix.count))
        if !kind.isEmpty, found[kind] == nil { found[kind] = KindPlugin(kind: kind, directory: directory) }
      }
    }
    return found
  }

  private static func names(in directory: PathBytes) throws(EngineError) -> [PathBytes] {
    do throws(SystemError) {
      return try OpenFile.open(directory, .directoryFollowing).names()
    } catch {
      if error.isMissing { return [] }
      throw EngineError(
        .badSpecification, "cannot look for plug-ins in \(directory.displayedPath): \(error.reason)",
        cause: error.cause)
    }
  }

  /// The executable's real path, after a look at who could have changed it.
  ///
  /// - Throws: `EngineError` `refused` if it or its directory belongs to somebody else than root or the current user, or
  ///   can be written by others; `badSpecification` if it can't be run.
  func trustedExecutable() throws(EngineError) -> PathBytes {
    let shown = path.displayedPath
    let folder: FileStatus
    let file: FileStatus
    let real: PathBytes
    do throws(SystemError) {
      folder = try OpenFile.open(directory, .directoryFollowing).status()
      let opened = try OpenFile.open(path, .readOwn)
      file = try opened.status()
      guard file.kind == .file, file.permissions & 0o111 != 0 else {
        throw SystemError(call: "exec", errno: 13, path: shown)
      }
      real = try opened.resolvedPath()
    } catch {
      throw EngineError(
        .badSpecification, "cannot use the plug-in \(shown): \(error.reason)", cause: error.cause,
        hint: "make it an executable file: `chmod 755 \(shown)`")
    }
    for (status, place) in [(folder, directory.displayedPath), (file, shown)] {
      guard status.owner == 0 || status.owner == effectiveUser() else {
        throw EngineError(
          .refused,
          "cannot use the plug-in \(shown): \(place) belongs to the user \(status.owner), who could change it",
          hint: "give it to root: `chown root \(place)`")
      }
      guard status.permissions & 0o022 == 0 else {
        throw EngineError(
          .refused, "cannot use the plug-in \(shown): others than its owner may write to \(place)",
          hint: "take that right away: `chmod go-w \(place)`")
      }
    }
    return real
  }
}
