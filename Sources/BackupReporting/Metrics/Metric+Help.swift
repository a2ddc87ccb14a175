extension Metric {
  /// One sentence for `# HELP` and for the page on monitoring.
  public var help: String {
    switch self {
    case .buildInfo: "Always 1; the label says which version wrote the metrics."
    case .metricsWritten: "When these metrics were written."
    case .hostState: "1 for the state that holds, 0 for the others: \(Self.words(HostVerdict.allCases.map(\.word)))."
    case .sourceState: "1 for the state that holds, 0 for the others: \(Self.words(SourceState.allCases))."
    case .sourceDeclared: "Since when the source is declared."
    case .sourceMaximumAge: "How old the newest good point may become; absent if nothing is promised."
    case .sourceLastGoodPoint: "When the newest point that is not suspicious was begun; absent if there is none."
    case .sourceLastAttempt: "When the last attempt that has ended was begun; absent if there was none."
    case .sourceLastSuccess: "When the last attempt that succeeded had ended; absent if there was none."
    case .sourceFailingSince:
      "When the first of the failed attempts in a row had ended; absent if the last did not fail."
    case .sourceLastDuration: "How long the last attempt took."
    case .sourceLastEntries: "How many entries the source had in the last attempt."
    case .sourceLastRead: "Bytes that the last attempt read from the source."
    case .sourceLastStored: "Bytes that the last attempt added to the repository."
    case .sourceLastWarnings: "How many warnings the last attempt gave."
    case .sourceSuspicious: "1 if the newest point looks as if the source had been lost."
    case .sourceLastVerified: "When stored data of the source was last read and compared; absent if never."
    case .sourceLastDrilled: "When a restore of the source was last tried; absent if never."
    case .sourceDrillFailed: "1 if what the last drill restored was not as it should be; absent if there was none."
    case .sourceDrillIncomplete:
      "1 if nothing was found then, but not everything could be looked at; absent if there was none."
    case .sourceDrillRestore: "How long restoring took in the last drill: the recovery time to expect."
    case .sourceDrillAge: "How old the restored data were in the last drill."
    case .scheduleState: "1 for the state that holds, 0 for the others: \(Self.words(ScheduleState.allCases))."
    case .scheduleLastBegun: "When the last run began, or the one that runs."
    case .scheduleLastEnded: "When the last run had ended; absent while it runs."
    case .scheduleLastOK: "When the last run that was ok had ended; absent if there was none."
    case .scheduleNextStart: "When the timer should start the run after the last one; absent without a timer."
    case .runTasks: "How many tasks the present run has; absent if none runs."
    case .runEndedTasks: "How many tasks of the present run have ended; absent if none runs."
    case .runRead: "Bytes that the present run has read; absent if none runs."
    case .paused: "1 if timers are paused."
    case .pausedSince: "Since when timers are paused; absent if they are not."
    case .pausedUntil: "When the pause ends; absent if there is none or nobody set an end."
    case .repositoryPresent: "1 if the disk of the repository is there."
    case .repositoryFree: "Bytes that can still be written to the disk of the repository."
    case .repositorySize: "Size of the file system of the repository."
    case .repositoryGrowth:
      "Bytes added to the repository a second, as a line through the last days says; negative if it shrinks, absent if too few are known."
    case .repositorySamples: "How many of the last 30 days added or removed something; the forecast needs 3."
    case .repositorySpan: "The time from the first of these days to the last; absent if too few are known."
    case .repositoryFull:
      "When the disk of the repository will be full if it goes on filling; absent if that is not in sight."
    case .uncovered: "How many things exist that are neither protected nor excluded with a reason."
    case .excluded: "How many things are excluded with a reason."
    case .unseen: "How many things could not be looked at, so that it is not known whether they are protected."
    }
  }

  private static func words(_ words: [String]) -> String { words.joined(separator: ", ") }
  private static func words(_ states: [some RawRepresentable<String>]) -> String { words(states.map(\.rawValue)) }
}
