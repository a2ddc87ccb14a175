/// The metrics that backupctl writes, in the order of the file; all are gauges in base units.
///
/// The values of every label come from the configuration or from an enumeration, so that the number of time series is
/// bounded by what is declared.
public enum Metric: String, Sendable, CaseIterable {
  /// Which program wrote the metrics.
  case buildInfo = "backupctl_build_info"
  /// When they were written.
  case metricsWritten = "backupctl_metrics_written_timestamp_seconds"
  /// How the host is, one-hot.
  case hostState = "backupctl_host_state"
  /// How a source is, one-hot.
  case sourceState = "backupctl_source_state"
  /// Since when a source is declared.
  case sourceDeclared = "backupctl_source_declared_timestamp_seconds"
  /// How old the newest good point may become.
  case sourceMaximumAge = "backupctl_source_maximum_age_seconds"
  /// When the newest good point was begun.
  case sourceLastGoodPoint = "backupctl_source_last_good_point_timestamp_seconds"
  /// When the last attempt began.
  case sourceLastAttempt = "backupctl_source_last_attempt_timestamp_seconds"
  /// When the last attempt that succeeded ended.
  case sourceLastSuccess = "backupctl_source_last_success_timestamp_seconds"
  /// When the attempts began to fail.
  case sourceFailingSince = "backupctl_source_failing_since_timestamp_seconds"
  /// How long the last attempt took.
  case sourceLastDuration = "backupctl_source_last_duration_seconds"
  /// How many entries the last attempt met.
  case sourceLastEntries = "backupctl_source_last_entries"
  /// What the last attempt read.
  case sourceLastRead = "backupctl_source_last_read_bytes"
  /// What the last attempt stored.
  case sourceLastStored = "backupctl_source_last_stored_bytes"
  /// How many warnings the last attempt gave.
  case sourceLastWarnings = "backupctl_source_last_warnings"
  /// Whether the newest point is suspicious.
  case sourceSuspicious = "backupctl_source_suspicious"
  /// When stored data was last verified.
  case sourceLastVerified = "backupctl_source_last_verified_timestamp_seconds"
  /// When a restore was last tried.
  case sourceLastDrilled = "backupctl_source_last_drilled_timestamp_seconds"
  /// Whether that restore wasn't as it should be.
  case sourceDrillFailed = "backupctl_source_last_drill_failed"
  /// Whether something of it couldn't be looked at.
  case sourceDrillIncomplete = "backupctl_source_last_drill_incomplete"
  /// How long restoring took then.
  case sourceDrillRestore = "backupctl_source_last_drill_restore_seconds"
  /// How old the data were then.
  case sourceDrillAge = "backupctl_source_last_drill_data_age_seconds"
  /// How a schedule is, one-hot.
  case scheduleState = "backupctl_schedule_state"
  /// When the last run began.
  case scheduleLastBegun = "backupctl_schedule_last_begun_timestamp_seconds"
  /// When the last run ended.
  case scheduleLastEnded = "backupctl_schedule_last_ended_timestamp_seconds"
  /// When the last run that was ok ended.
  case scheduleLastOK = "backupctl_schedule_last_ok_timestamp_seconds"
  /// When the timer should start the next run.
  case scheduleNextStart = "backupctl_schedule_next_start_timestamp_seconds"
  /// How many tasks the present run has.
  case runTasks = "backupctl_run_tasks"
  /// How many of them have ended.
  case runEndedTasks = "backupctl_run_ended_tasks"
  /// What the present run has read.
  case runRead = "backupctl_run_read_bytes"
  /// Whether timers are paused.
  case paused = "backupctl_paused"
  /// Since when timers are paused.
  case pausedSince = "backupctl_paused_since_timestamp_seconds"
  /// Until when timers are paused.
  case pausedUntil = "backupctl_paused_until_timestamp_seconds"
  /// Whether the repository's disk is there.
  case repositoryPresent = "backupctl_repository_present"
  /// What is free on the repository's disk.
  case repositoryFree = "backupctl_repository_free_bytes"
  /// How large the repository's disk is.
  case repositorySize = "backupctl_repository_size_bytes"
  /// How fast the repository grows.
  case repositoryGrowth = "backupctl_repository_growth_bytes_per_second"
  /// From how many days that follows.
  case repositorySamples = "backupctl_repository_growth_samples"
  /// Within what time these lie.
  case repositorySpan = "backupctl_repository_growth_span_seconds"
  /// When the repository's disk will be full.
  case repositoryFull = "backupctl_repository_full_forecast_timestamp_seconds"
  /// How many things nothing protects.
  case uncovered = "backupctl_uncovered"
  /// How many things are excluded with a reason.
  case excluded = "backupctl_excluded"
  /// How many things couldn't be looked at.
  case unseen = "backupctl_unseen"

  /// The full name.
  public var name: String { rawValue }

  /// The names of its labels, in the order of the file.
  public var labels: [String] {
    switch self {
    case .buildInfo: ["version"]
    case .hostState: ["state"]
    case .sourceState: ["source", "state"]
    case .scheduleState: ["schedule", "state"]
    case .sourceDeclared, .sourceMaximumAge, .sourceLastGoodPoint, .sourceLastAttempt, .sourceLastSuccess,
      .sourceFailingSince, .sourceLastDuration, .sourceLastEntries, .sourceLastRead, .sourceLastStored,
      .sourceLastWarnings, .sourceSuspicious, .sourceLastVerified, .sourceLastDrilled,
      .sourceDrillFailed, .sourceDrillIncomplete, .sourceDrillRestore, .sourceDrillAge:
      ["source"]
    case .scheduleLastBegun, .scheduleLastEnded, .scheduleLastOK, .scheduleNextStart, .runTasks, .runEndedTasks,
      .runRead:
      ["schedule"]
    case .metricsWritten, .paused, .pausedSince, .pausedUntil, .repositoryPresent, .repositoryFree, .repositorySize,
      .repositoryGrowth, .repositorySamples, .repositorySpan, .repositoryFull, .uncovered, .excluded, .unseen:
      []
    }
  }
}
