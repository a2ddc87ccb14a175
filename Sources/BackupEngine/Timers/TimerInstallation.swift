import BackupModel
public import HostSystem

/// What has to happen in a directory of units so that exactly the timers of some schedules are in it.
///
/// Planning reads, executing writes. Only files that carry ``TimerUnit/mark`` are ever replaced or removed.
public struct TimerInstallation: Sendable, Hashable {
  /// What happens to one unit.
  public enum Step: String, Sendable, Hashable, Codable {
    /// It is as it should be.
    case keep
    /// It isn't there and is written.
    case create
    /// It was written by backupctl, from another declaration, and is replaced.
    case replace
    /// It was written by backupctl for a schedule that has no timer any more, and is removed.
    case remove
    /// A file of that name was not written by backupctl and is left alone.
    case foreign
  }

  /// One unit and what happens to it.
  public struct Change: Sendable, Hashable {
    /// The name of the unit.
    public let fileName: String
    /// The schedule's name.
    public let schedule: String
    /// What happens to it.
    public let step: Step
    /// The text to write; nil if none is.
    public let text: String?
  }

  /// The directory.
  public let directory: PathBytes
  /// The changes, by name.
  public let changes: [Change]

  /// Whether there is nothing to do.
  public var isInPlace: Bool { changes.allSatisfy { $0.step == .keep } }

  /// Compares a directory with the units that should be in it.
  ///
  /// - Throws: ``EngineError`` if the directory can't be read.
  public static func plan(_ units: [TimerUnit], in directory: PathBytes) throws -> TimerInstallation {
    var changes: [Change] = []
    let existing = try files(in: directory)
    for unit in units {
      let step: Step
      switch existing[unit.fileName] {
      case nil: step = .create
      case unit.text: step = .keep
      case .some(let text): step = text.hasPrefix(TimerUnit.mark) ? .replace : .foreign
      }
      changes.append(
        Change(
          fileName: unit.fileName, schedule: unit.schedule, step: step,
          text: step == .create || step == .replace ? unit.text : nil))
    }
    let wanted = Set(units.map(\.fileName))
    for (name, text) in existing where !wanted.contains(name) && text.hasPrefix(TimerUnit.mark) {
      guard let schedule = TimerUnit.schedule(ofFileName: name) else { continue }
      changes.append(Change(fileName: name, schedule: schedule, step: .remove, text: nil))
    }
    return TimerInstallation(directory: directory, changes: changes.sorted { $0.fileName < $1.fileName })
  }

  /// The timer units of backupctl's name in a directory, with their texts.
  private static func files(in directory: PathBytes) throws -> [String: String] {
    do throws(SystemError) {
      let opened = try OpenFile.open(directory, .directoryFollowing)
      let names = try opened.names().map { String(decoding: $0, as: UTF8.self) }
      var files: [String: String] = [:]
      for name in names where TimerUnit.schedule(ofFileName: name) != nil {
        let file = try opened.open(Array(name.utf8), .read)
        files[name] = String(decoding: try file.contents(at: 0, count: 1 << 20), as: UTF8.self)
      }
      return files
    } catch {
      throw EngineError(
        .badSpecification, "cannot look for timers in \(directory.displayedPath): \(error.reason)", cause: error.cause,
        hint: "give the directory of the units with `--directory`")
    }
  }

  /// Makes the changes; each file is replaced as a whole or not at all.
  ///
  /// - Throws: ``EngineError`` if a file can't be written; what was changed before stays changed, and planning again shows it.
  public func execute() throws {
    do throws(SystemError) {
      let opened = try OpenFile.open(directory, .directoryFollowing)
      for change in changes {
        switch change.step {
        case .keep, .foreign: continue
        case .remove: try opened.unlink(Array(change.fileName.utf8))
        case .create, .replace:
          try opened.replaceFile(Array(change.fileName.utf8), with: Array((change.text ?? "").utf8), permissions: 0o644)
        }
      }
      try opened.synchronize()
    } catch {
      throw EngineError(
        .refused, "cannot write the timers in \(directory.displayedPath): \(error.reason)",
        cause: error.cause, hint: error.isDenied ? "run it as root" : nil)
    }
  }
}
