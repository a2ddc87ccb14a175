import BackupEngine
import BackupPolicy
import HostSystem

/// Finds schedules: by path, or by name in the directory of schedules.
struct ScheduleFiles {
  /// Where schedules are that are given by name.
  let directory: String
  /// The kinds of jobs that there are.
  let kinds: JobKindRegistry

  /// Uses the directory of the configuration, or the default one.
  ///
  /// - Throws: `EngineError` if the directories of plug-ins can't be listed.
  init(_ configuration: Configuration?) throws {
    directory = configuration?.scheduleDirectory ?? Configuration.defaultScheduleDirectory
    let plugins = configuration?.pluginDirectories ?? Configuration.defaultPluginDirectories
    kinds = try JobKindRegistry(pluginDirectories: plugins.map { PathBytes(path: $0) })
  }

  /// Loads one schedule.
  ///
  /// - Parameter text: a path if it has a slash or ends in `.yaml` or `.yml`, else a name.
  /// - Throws: `CommandError` or `PolicyError` of the category `usage`.
  func load(_ text: String) throws -> Schedule {
    let isPath = text.contains("/") || text.hasSuffix(".yaml") || text.hasSuffix(".yml")
    return try parse(isPath ? text : "\(directory)/\(text).yaml", named: isPath ? nil : text)
  }

  /// Loads every schedule of the directory, by name; none if there is no such directory.
  ///
  /// - Throws: as ``load(_:)``, for the first one that isn't right: a timer must not vanish because of a typo.
  func all() throws -> [Schedule] {
    let names: [PathBytes]
    do throws(SystemError) {
      names = try OpenFile.open(PathBytes(path: directory), .directoryFollowing).names()
    } catch {
      if error.isMissing { return [] }
      throw CommandError(
        .usage, "cannot look for schedules in \(directory): \(error.reason)", cause: error.cause,
        hint: "correct `schedules` in the configuration")
    }
    return try names.map { String(decoding: $0, as: UTF8.self) }.filter { $0.hasSuffix(".yaml") }.sorted()
      .map { try parse("\(directory)/\($0)", named: nil) }
  }

  private func parse(_ path: String, named name: String?) throws -> Schedule {
    let text: String
    do throws(SystemError) {
      text = try readText(path)
    } catch {
      throw CommandError(
        .usage, "cannot read the schedule \(path): \(error.reason)", cause: error.cause,
        hint: name == nil
          ? "the schedules shipped with backupctl are in its `schedules` directory"
          : "list the schedules with `backupctl timers list`, or give a file: `./\(name ?? "").yaml`")
    }
    return try Schedule.parse(text: text, file: path, kinds: kinds.keys)
  }
}
