import BackupModel
import HostSystem
import Testing

@testable import BackupReporting

/// Metrics are pushed to a real Pushgateway on the loopback.
@Suite(
  .timeLimit(.minutes(10)),
  .enabled(
    if: isInstalled("prometheus-pushgateway") && isInstalled("curl"),
    "needs a Pushgateway and curl: apt-get install prometheus-pushgateway curl"))
struct RealPushgatewayTests {
  private let gateway = Pushgateway(http: CurlSender(commands: HostCommands()))

  private func withGateway(_ body: (String) async throws -> Void) async throws {
    // It logs to standard error. Debian's keeps what was pushed in a file unless it is told not to.
    let command = ChildCommand(
      "/bin/sh", ["-c", "exec prometheus-pushgateway --web.listen-address=127.0.0.1:0 --persistence.file= 2>&1"])
    try await LocalServer.run(
      command,
      portOf: { line in
        guard line.contains("Listening on"), let match = line.firstMatch(of: /127\.0\.0\.1:(\d+)/) else { return nil }
        return Int(match.1)
      }
    ) { address, _ in try await body(address) }
  }

  /// The lines of backupctl's metrics that the gateway would give to Prometheus.
  private func scraped(_ address: String) async throws -> [String] {
    let answer = try await CurlSender(commands: HostCommands()).send(
      HTTPRequest(.get, try WebAddress("\(address)/metrics")))
    return answer.body.split(separator: "\n").map(String.init).filter { $0.hasPrefix("backupctl_") }
  }

  @Test(arguments: ["pve1", "", "/var/lib", "..", "ä ?#%&\"\\", "a.b-c_d~"])
  func pushesAPageUnderALabelWithAnyValue(instance: String) async throws {
    try await withGateway { address in
      let target = try PushgatewayTarget(
        address: .literal(WebAddress(address)), labels: [PushgatewayTarget.Label(name: "instance", value: instance)])
      let report = HostReport(try ReportScene.troubledHost())
      let warning = await gateway.push(MetricsText(report), to: target)
      #expect(warning == nil)
      let lines = try await scraped(address)
      #expect(lines.count == report.metricSamples.count)
      let label = "instance=\"\(MetricsText.escapedLabel(instance))\",job=\"backupctl\""
      #expect(lines.contains("backupctl_paused{\(label)} 0"), "\(lines.first { $0.contains("paused") } ?? "")")
    }
  }

  @Test func replacesWhatItPushedBefore() async throws {
    try await withGateway { address in
      let target = try PushgatewayTarget(address: .literal(WebAddress(address)))
      for host in [try ReportScene.troubledHost(), try ReportScene.host()] {
        #expect(await gateway.push(MetricsText(HostReport(host)), to: target) == nil)
      }
      #expect(try await scraped(address).filter { $0.contains("volume/pve") } == [])
    }
  }

  @Test func pushesAPageThatIsLongerThanALineOfCurlsConfiguration() async throws {
    try await withGateway { address in
      let sources = try (0..<500).map { try ReportScene.source("tree/with/a/rather/long/name/\($0)") }
      let report = HostReport(try ReportScene.host(sources: sources))
      #expect(MetricsText(report).text.utf8.count > 500_000)
      let target = try PushgatewayTarget(address: .literal(WebAddress(address)))
      #expect(await gateway.push(MetricsText(report), to: target) == nil)
      #expect(try await scraped(address).count == report.metricSamples.count)
    }
  }

  @Test func handsOnWhatTheGatewaySays() async throws {
    try await withGateway { address in
      let samples = [MetricSample(.paused, [], .integer(1)), MetricSample(.paused, [], .integer(0))]
      let warning = await gateway.push(
        MetricsText(samples), to: try PushgatewayTarget(address: .literal(WebAddress(address))))
      #expect(warning?.message == "cannot push metrics: \(address)/… answered with status 400")
      #expect(warning?.cause?.isEmpty == false)
    }
  }
}
