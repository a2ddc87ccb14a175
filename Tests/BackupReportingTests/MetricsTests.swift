import BackupModel
import Testing

@testable import BackupReporting

@Suite struct MetricsTests {
  @Test func rendersTheWholePage() throws {
    let page = MetricsText(HostReport(try ReportScene.troubledHost())).text
    try GoldenPage.expect(page, equals: "Tests/BackupReportingTests/Golden/metrics.prom")
  }

  @Test func documentsEveryMetric() throws {
    var table = "\n| metric | labels | meaning |\n|---|---|---|\n"
    for metric in Metric.allCases {
      let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
      table += "| `\(metric.name)` | \(labels) | \(metric.help) |\n"
    }
    try GoldenPage.expect(table, in: "docs/monitoring.md", between: "metrics")
  }

  @Test func rendersTheSamePageWhateverTheOrderOfSources() throws {
    let host = try ReportScene.troubledHost()
    var other = host
    other.sources.reverse()
    other.schedules.reverse()
    #expect(MetricsText(HostReport(host)) == MetricsText(HostReport(other)))
  }

  @Test func givesEverySampleTheLabelsOfItsMetric() throws {
    let samples = HostReport(try ReportScene.troubledHost()).metricSamples
    for sample in samples { #expect(sample.labelValues.count == sample.metric.labels.count, "\(sample)") }
    #expect(Set(samples.map { "\($0.metric) \($0.labelValues)" }).count == samples.count)
  }

  @Test func showsExactlyOneStateOfEachSourceScheduleAndHost() throws {
    let samples = HostReport(try ReportScene.troubledHost()).metricSamples
    for metric in [Metric.sourceState, .scheduleState, .hostState] {
      let groups = Dictionary(grouping: samples.filter { $0.metric == metric }) { $0.labelValues.dropLast() }
      #expect(!groups.isEmpty)
      for group in groups.values { #expect(group.filter { $0.value == .integer(1) }.count == 1, "\(group)") }
    }
  }

  @Test func showsASourceThatNeverRanByItsStateAndNoTimes() throws {
    let samples = HostReport(try ReportScene.troubledHost()).metricSamples.filter { $0.labelValues.first == "tree/new" }
    #expect(samples.contains { $0.labelValues == ["tree/new", "never-ran"] && $0.value == .integer(1) })
    #expect(Set(samples.map(\.metric)) == [.sourceState, .sourceDeclared, .sourceSuspicious])
  }

  @Test func saysWhenTheFailuresBeganOnlyWhileTheyLast() throws {
    var source = try ReportScene.source()
    source.failingSince = ReportScene.daysAgo(1)
    let report = HostReport(try ReportScene.host(sources: [source]))
    #expect(!report.metricSamples.contains { $0.metric == .sourceFailingSince })
  }

  @Test func showsAPause() throws {
    let pause = PauseObservation(
      since: ReportScene.hoursAgo(1), until: ReportScene.hoursAgo(-1), reason: "a \"secret\"")
    let page = MetricsText(HostReport(try ReportScene.host(pause: pause))).text
    #expect(page.contains("\nbackupctl_paused 1\n"))
    #expect(page.contains("\nbackupctl_paused_since_timestamp_seconds \(ReportScene.hoursAgo(1).seconds)\n"))
    #expect(page.contains("\nbackupctl_paused_until_timestamp_seconds \(ReportScene.hoursAgo(-1).seconds)\n"))
    #expect(!page.contains("secret"))
  }

  @Test func escapesLabelValuesOfScheduleNames() throws {
    let report = HostReport(try ReportScene.host(schedules: [ReportScene.schedule(name: "a\\b\"c\nd é")]))
    #expect(MetricsText(report).text.contains(#"backupctl_schedule_state{schedule="a\\b\"c\nd é",state="ok"} 1"#))
  }

  @Test(arguments: [
    (MetricSample.Value.integer(-3), "-3"), (.real(2), "2"), (.real(0.25), "0.25"), (.real(1e300), "1e+300"),
    (.integer(.max), "9223372036854775807"),
  ])
  func writesNumbersAsPrometheusReadsThem(value: MetricSample.Value, text: String) {
    #expect(MetricsText([MetricSample(.paused, [], value)]).text.hasSuffix("\nbackupctl_paused \(text)\n"))
  }

  @Test func alertsUseTheLimitsOfTheReport() throws {
    let rules = try GoldenPage.text("monitoring/alerts.yaml")
    let limits = ReportLimits()
    for (before, limit) in [
      ("paused_since_timestamp_seconds > ", limits.pause),
      ("full_forecast_timestamp_seconds - time() < ", limits.diskForecast),
      ("next_start_timestamp_seconds > ", limits.lateStart),
    ] {
      #expect(rules.contains("\(before)\(limit.components.seconds)\n"), "\(before)")
    }
  }
}
