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
    transform: OptionValue.share)
  var rewriteBelow: Percentage?

  @Option(
    help: ArgumentHelp(
      "Copy no more than that for each source, but at least one pack. Default: 100GiB.", valueName: "size"),
    transform: OptionValue.size)
  var mostCopied: ByteCount?

  @Option(
    help: ArgumentHelp(
      "How long what is taken out of use stays in the trash, for commands that are still reading it. Default: 1d.",
      valueName: "duration"),
    transform: OptionValue.duration)
  var grace: Duration?

  /// The rules, with the defaults where nothing is given.
  var rules: PrunePlan.Rules {
    var rules = PrunePlan.Rules()
    rules.threshold = rewriteBelow?.fraction ?? rules.threshold
    rules.mostCopied = mostCopied ?? rules.mostCopied
    rules.grace = grace ?? rules.grace
    return rules
  }
}

extension SourceRetention {
  /// Prepares the work of a command on a source.
  init(_ store: SourceStore, _ configuration: Configuration?) {
    self.init(
      store, parameters: (configuration?.parameters ?? ArchiveParameters()).ofWriter,
      pacer: Pacer.keeping(configuration?.limits ?? Limits(), clock: CommandEnvironment.current.clock),
      threads: configuration?.limits.threads, tool: toolName,
      holder: LockHolder.text, clock: CommandEnvironment.current.clock,
      calendar: LocalCalendar(utcOffset: localUTCOffset))
  }
}
