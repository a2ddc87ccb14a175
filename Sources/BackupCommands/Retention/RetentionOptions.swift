import ArgumentParser
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// How prunes go about their work; the same for all commands that prune.
struct PruneOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Packs of which a smaller share is needed are rewritten. Default: 70%.", valueName: "percentage"),
    transform: Self.percentage)
  var rewriteBelow: Percentage?

  @Option(
    help: ArgumentHelp(
      "Copy no more than that for each source, but at least one pack. Default: 100GiB.", valueName: "size"),
    transform: Self.size)
  var mostCopied: ByteCount?

  @Option(
    help: ArgumentHelp(
      "How long what is taken out of use stays in the trash, for commands that are still reading it. Default: 1d.",
      valueName: "duration"),
    transform: Self.duration)
  var grace: Duration?

  /// The rules, with the defaults where nothing is given.
  var rules: PrunePlan.Rules {
    var rules = PrunePlan.Rules()
    rules.threshold = rewriteBelow?.fraction ?? rules.threshold
    rules.mostCopied = mostCopied ?? rules.mostCopied
    rules.grace = grace ?? rules.grace
    return rules
  }

  private static func percentage(_ text: String) throws -> Percentage {
    guard let share = Percentage(parsing: text), share <= .whole else {
      throw ValidationError("'\(text)' is not a share from 0% to 100%, such as 70%")
    }
    return share
  }

  private static func size(_ text: String) throws -> ByteCount {
    guard let size = ByteCount(parsing: text) else {
      throw ValidationError("'\(text)' is not a size, such as 100GiB")
    }
    return size
  }

  private static func duration(_ text: String) throws -> Duration {
    guard let duration = Duration(parsing: text) else {
      throw ValidationError("'\(text)' is not a length of time, such as 1d, 12h or 0s")
    }
    return duration
  }
}

extension SourceRetention {
  /// Prepares the work of a command on a source.
  init(_ store: SourceStore) {
    self.init(
      store, tool: toolName, holder: LockHolder.text, clock: CommandEnvironment.current.clock,
      calendar: LocalCalendar(utcOffset: localUTCOffset))
  }
}
