import BackupModel
import BackupPolicy
import HostSystem

/// The files and directories that a configuration names beside its repository and its trees: programs, header files,
/// where metrics go. A default that isn't there is no mistake; what was written down is.
struct ConfigurationPlaces {
  let configuration: Configuration

  /// What isn't there or isn't as it must be.
  func problems() -> [CommandError] {
    directories() + programs() + headerFiles() + keyFiles()
  }

  private func directories() -> [CommandError] {
    var named: [(what: String, path: String)] = []
    if configuration.scheduleDirectory != Configuration.defaultScheduleDirectory {
      named.append(("the directory of schedules", configuration.scheduleDirectory))
    }
    if configuration.pluginDirectories != Configuration.defaultPluginDirectories {
      named += configuration.pluginDirectories.map { ("the directory of plug-ins", $0) }
    }
    if let textfile = configuration.metrics.textfile, let slash = textfile.lastIndex(of: "/") {
      named.append(("the directory of `textfile`", slash == textfile.startIndex ? "/" : String(textfile[..<slash])))
    }
    if configuration.coverage.roots != CoverageDeclaration.defaultRoots {
      named += configuration.coverage.roots.map { ("the root of the coverage", $0) }
    }
    return named.compactMap { what, path in
      do throws(SystemError) {
        _ = try OpenFile.open(PathBytes(path: path), .directoryFollowing)
        return nil
      } catch {
        return CommandError(
          .usage, "cannot use \(what): \(path): \(error.isNotDirectory ? "it is not a directory" : error.reason)",
          cause: error.cause,
          hint: error.isMissing ? "correct the path, or make the directory: `mkdir -p \(path)`" : nil)
      }
    }
  }

  /// Programs that are named by an absolute path; others are looked for when they are started.
  private func programs() -> [CommandError] {
    var named = configuration.streams.map { (user: "the stream `\($0.name)`", program: $0.command.first) }
    for notification in configuration.notifications {
      guard case .command(let command) = notification.target else { continue }
      named.append(("the notification `\(notification.name)`", command.first))
    }
    for volumes in configuration.volumes {
      named.append(("the volumes `\(volumes.name)`", volumes.freeze?.freeze.first))
      named.append(("the volumes `\(volumes.name)`", volumes.freeze?.thaw.first))
      if case .command(let command) = volumes.luksKey {
        named.append(("the volumes `\(volumes.name)`", command.first))
      }
    }
    named.append(("`kubernetes`", configuration.kubernetes?.command.first))
    return named.compactMap { user, program in
      guard let program, program.hasPrefix("/") else { return nil }
      let (status, problem) = examine(program, "run the command of \(user)")
      guard let status else { return problem }
      guard status.kind != .file || status.permissions & 0o111 == 0 else { return nil }
      return CommandError(
        .usage, "cannot run the command of \(user): \(program): it is not an executable file",
        hint: "see `ls -l \(program)`")
    }
  }

  private func keyFiles() -> [CommandError] {
    secretFiles(
      "key file",
      configuration.volumes.compactMap { volumes in
        guard case .file(let path) = volumes.luksKey else { return nil }
        return ("the volumes `\(volumes.name)`", path)
      })
  }

  private func headerFiles() -> [CommandError] {
    var named: [(user: String, path: String)] = []
    if let path = configuration.metrics.pushgateway?.headerFile { named.append(("`pushgateway`", path)) }
    for notification in configuration.notifications {
      switch notification.target {
      case .webhook(_, let path?), .ntfy(_, _, _, let path?): named.append(("`\(notification.name)`", path))
      default: break
      }
    }
    return secretFiles("header file", named)
  }

  /// What is wrong with files that hold secrets: nobody but their owner may read them.
  private func secretFiles(_ what: String, _ named: [(user: String, path: String)]) -> [CommandError] {
    named.compactMap { user, path in
      let (status, problem) = examine(path, "read the \(what) of \(user)")
      guard let status else { return problem }
      guard status.kind == .file else {
        return CommandError(.usage, "cannot use the \(what) of \(user): \(path): it is not a file")
      }
      guard status.permissions & 0o077 != 0 else { return nil }
      return CommandError(
        .usage, "cannot use the \(what) of \(user): \(path): others than its owner may read it",
        hint: "`chmod 600 \(path)`")
    }
  }

  /// What a path leads to, through symbolic links, or why it can't be opened.
  private func examine(_ path: String, _ what: String) -> (FileStatus?, CommandError?) {
    do throws(SystemError) {
      return (try OpenFile.open(PathBytes(path: path), .readOwn).status(), nil)
    } catch {
      return (nil, CommandError(.usage, "cannot \(what): \(path): \(error.reason)", cause: error.cause))
    }
  }
}
