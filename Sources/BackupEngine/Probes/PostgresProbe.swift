import BackupModel
import HostSystem

/// Starts a throwaway server of PostgreSQL on each data directory and asks every database something.
///
/// The server is of the version of the data, acts as the owner of the directory, listens on a socket in a private directory only, reads no
/// configuration that was restored, and is stopped in any case.
struct PostgresProbe: Probe {
  let timeLimit: Duration
  /// The directory that holds `VERSION/bin`.
  let programs: String

  func run(on data: RestoredData) async throws -> ProbeReport {
    var report = ProbeReport()
    for cluster in data.recognized.clusters {
      report.items += 1
      do {
        // A server that followed a link out of the copy would write to what the link leads to.
        if let lack = try PostgresLayout(data.path(of: cluster.path), version: cluster.version).lack() {
          report.find(cluster.path, "PostgreSQL \(cluster.version): \(lack)")
          continue
        }
        let server = try PostgresServer(cluster, data, programs: programs, timeLimit: timeLimit)
        defer { server.leave() }
        for finding in try await server.examine() {
          report.find(cluster.path, "PostgreSQL \(cluster.version): \(finding)")
        }
        report.notes += server.notes.map { "\(cluster.path.displayedPath): \($0)" }
      } catch let obstacle as Isolation.Obstacle {
        report.miss(cluster.path, obstacle)
      } catch let error as SystemError {
        report.miss(cluster.path, error.description)
      }
    }
    return report
  }
}

/// What a data directory of PostgreSQL must hold before a server may be started on it.
struct PostgresLayout {
  private let directory: PathBytes
  private let logName: String

  init(_ directory: PathBytes, version: String) {
    self.directory = directory
    // Until version 10 the log was called otherwise.
    logName = version.hasPrefix("9.") ? "pg_xlog" : "pg_wal"
  }

  /// What is missing for a start, as a clause; nil if nothing is.
  ///
  /// - Throws: `SystemError` if it can't be looked at.
  func lack() throws(SystemError) -> String? {
    let root = try OpenFile.open(directory, .directory)
    guard try kind("global/pg_control", in: root) == .file else {
      return "the directory has no global/pg_control: it was copied only in part"
    }
    switch try kind(logName, in: root) {
    case .directory: break
    case .symbolicLink:
      let target = try root.linkTarget(of: PathBytes(path: logName)).displayedPath
      return
        "its write-ahead log (\(logName)) isn't in the point: it is a link to \(target), which must be archived with it"
    default: return "the directory was copied without its write-ahead log: there is no \(logName)"
    }
    let segments = try root.open(PathBytes(path: logName), .directory).names().filter(Self.isSegment)
    if segments.isEmpty {
      return "the directory was copied without its write-ahead log: \(logName) holds no segment"
    }
    guard try kind("pg_tblspc", in: root) == .directory else { return nil }
    let tablespaces = try root.open(PathBytes(path: "pg_tblspc"), .directory)
    for name in try tablespaces.names() where try tablespaces.status(of: name).kind == .symbolicLink {
      let target = try tablespaces.linkTarget(of: name).displayedPath
      return
        "the tablespace \(name.displayedPath) isn't in the point: it is a link to \(target), which must be archived with it"
    }
    return nil
  }

  /// 24 hexadecimal digits.
  private static func isSegment(_ name: PathBytes) -> Bool {
    name.count == 24
      && name.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x46).contains($0) }
  }

  private func kind(_ name: String, in root: OpenFile) throws(SystemError) -> FileKind? {
    do throws(SystemError) {
      return try root.status(of: PathBytes(path: name)).kind
    } catch {
      if error.isMissing || error.isNotDirectory { return nil }
      throw error
    }
  }
}
