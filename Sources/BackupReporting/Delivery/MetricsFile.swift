import BackupModel
import HostSystem

/// The file from which the textfile collector of the node exporter takes metrics.
public struct MetricsFile: Hashable, Sendable {
  /// The name of the file if a directory is given.
  public static let defaultName = "backupctl.prom"

  /// A directory, or a file that ends in `.prom`: the collector reads no other.
  public let path: String

  /// Names the file.
  ///
  /// - Throws: ``ReportingError`` of the code `target` if the path isn't absolute.
  public init(path: String) throws(ReportingError) {
    guard path.hasPrefix("/"), !path.utf8.contains(0) else {
      throw ReportingError(.target, "cannot write metrics to \(path): the path isn't absolute")
    }
    self.path = path
  }

  /// Writes a page with mode 0644, so that a reader sees the old page or the new one whole.
  ///
  /// The page is written to `NAME.part`, brought to the medium and renamed; a crash leaves the old page and at most a
  /// `.part` that the next writing removes and no collector reads. Writers take turns by a lock on the directory.
  ///
  /// - Returns: the warning if that fails; a run goes on without.
  public func write(_ metrics: MetricsText) async -> ReportingError? {
    do {
      try await withWorkerThread { try replace(metrics) }
      return nil
    } catch let error as ReportingError {
      return error
    } catch {
      return ReportingError(.textfile, "cannot write metrics to \(path)", cause: "\(error)")
    }
  }

  private func replace(_ metrics: MetricsText) throws(ReportingError) {
    do throws(SystemError) {
      let (directory, name) = try place()
      guard try Self.lock(directory) else {
        throw SystemError(call: "flock", errno: Self.busy, path: directory.path)
      }
      try directory.replaceFile(name, with: metrics.text.utf8, permissions: 0o644)
    } catch {
      throw ReportingError(
        .textfile, "cannot write metrics to \(path): \(error.reason)", cause: error.cause,
        hint: error.isMissing ? "mkdir -p \(directoryPath)" : "ls -ld \(directoryPath)")
    }
  }

  /// `EAGAIN`: what `flock` says when another holds the lock.
  private static let busy: Int32 = 11

  /// Waits up to 2 seconds for the other writers of the directory.
  private static func lock(_ directory: OpenFile) throws(SystemError) -> Bool {
    let never = Monitor(())
    for _ in 0..<100 {
      if try directory.tryLock(exclusive: true) { return true }
      _ = never.wait(atMost: 0.02) { _ in nil }
    }
    return false
  }

  /// The directory and the name in it.
  private func place() throws(SystemError) -> (OpenFile, PathBytes) {
    do throws(SystemError) {
      return (try OpenFile.open(Array(path.utf8), .directoryFollowing), Array(Self.defaultName.utf8))
    } catch {
      // It is a file, or isn't there yet.
      guard path.hasSuffix(Self.ending), error.isMissing || error.isNotDirectory else { throw error }
      let name = path.split(separator: "/").last.map { Array($0.utf8) } ?? []
      return (try OpenFile.open(Array(directoryPath.utf8), .directoryFollowing), name)
    }
  }

  private static let ending = ".prom"

  /// The directory, as the path names it.
  private var directoryPath: String {
    guard path.hasSuffix(Self.ending), let slash = path.lastIndex(of: "/") else { return path }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
