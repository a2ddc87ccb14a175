extension HostReport {
  /// The samples of all metrics, in the order of ``Metric/allCases``, those of a metric in that of sources and schedules.
  public var metricSamples: [MetricSample] {
    var samples = MetricSamples()
    samples.add(.buildInfo, of: [version], 1)
    samples.add(.metricsWritten, now)
    samples.add(.hostState, oneOf: HostVerdict.allCases.map(\.word), is: verdict.word)
    for source in sources { Self.add(source, to: &samples) }
    for schedule in schedules { Self.add(schedule, to: &samples) }
    samples.add(.paused, pause != nil)
    samples.add(.pausedSince, pause?.since)
    samples.add(.pausedUntil, pause?.until)
    samples.add(.repositoryPresent, repository != nil)
    samples.add(.repositoryFree, repository?.observation.freeBytes)
    samples.add(.repositorySize, repository?.observation.totalBytes)
    samples.add(.repositoryGrowth, real: repository?.outlook.trend.map { $0.bytesPerDay / 86_400 })
    samples.add(.repositorySamples, repository?.observation.growth.count)
    samples.add(.repositorySpan, repository?.outlook.trend.map { Duration.seconds($0.days * 86_400) })
    samples.add(.repositoryFull, repository?.forecast?.full)
    samples.add(.uncovered, uncovered.count)
    samples.add(.excluded, excludedCount)
    samples.add(.unseen, unseen.count)
    let byMetric = Dictionary(grouping: samples.all, by: \.metric)
    return Metric.allCases.flatMap { byMetric[$0] ?? [] }
  }

  private static func add(_ source: SourceReport, to samples: inout MetricSamples) {
    let observation = source.observation
    let attempt = observation.lastAttempt
    let label = [source.id.description]
    samples.add(.sourceState, of: label, oneOf: SourceState.allCases.map(\.rawValue), is: source.state.rawValue)
    samples.add(.sourceDeclared, of: label, observation.declared)
    samples.add(.sourceMaximumAge, of: label, observation.maximumAge)
    samples.add(.sourceLastGoodPoint, of: label, observation.newestGoodPoint)
    samples.add(.sourceLastAttempt, of: label, attempt?.begun)
    samples.add(.sourceLastSuccess, of: label, observation.lastSuccess)
    samples.add(.sourceFailingSince, of: label, source.state == .failing ? observation.failingSince : nil)
    samples.add(.sourceLastDuration, of: label, attempt?.duration)
    samples.add(.sourceLastEntries, of: label, attempt?.entries)
    samples.add(.sourceLastRead, of: label, attempt?.readBytes)
    samples.add(.sourceLastStored, of: label, attempt?.storedBytes)
    samples.add(.sourceLastWarnings, of: label, attempt?.warnings)
    samples.add(.sourceSuspicious, of: label, observation.isSuspicious)
    samples.add(.sourceLastVerified, of: label, observation.lastVerified)
    samples.add(.sourceLastDrilled, of: label, observation.lastDrilled)
    if let drill = observation.lastDrill {
      samples.add(.sourceDrillFailed, of: label, drill.hasFailed)
      samples.add(.sourceDrillIncomplete, of: label, drill.isIncomplete)
      samples.add(.sourceDrillRestore, of: label, drill.restoreTime)
      samples.add(.sourceDrillAge, of: label, drill.dataAge)
    }
  }

  private static func add(_ schedule: ScheduleReport, to samples: inout MetricSamples) {
    let observation = schedule.observation
    let progress = schedule.state == .running ? observation.lastRun?.progress : nil
    let label = [schedule.name]
    samples.add(.scheduleState, of: label, oneOf: ScheduleState.allCases.map(\.rawValue), is: schedule.state.rawValue)
    samples.add(.scheduleLastBegun, of: label, observation.lastRun?.begun)
    samples.add(.scheduleLastEnded, of: label, observation.lastRun?.ended)
    samples.add(.scheduleLastOK, of: label, observation.lastOK)
    samples.add(.scheduleNextStart, of: label, observation.nextStart)
    samples.add(.runTasks, of: label, progress?.allTasks)
    samples.add(.runEndedTasks, of: label, progress?.endedTasks)
    samples.add(.runRead, of: label, progress?.readBytes)
  }
}
