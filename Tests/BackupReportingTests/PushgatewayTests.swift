import BackupModel
import Testing

@testable import BackupReporting

@Suite struct PushgatewayTests {
  private func target(job: String = "backupctl", _ labels: [(String, String)]) throws -> PushgatewayTarget {
    try PushgatewayTarget(
      address: .literal(WebAddress("http://gateway:9091/base/")), job: job,
      labels: labels.map { try PushgatewayTarget.Label(name: $0.0, value: $0.1) })
  }

  @Test(
    arguments: [
      ("backupctl", [], "/metrics/job/backupctl"),
      ("backupctl", [("instance", "pve1")], "/metrics/job/backupctl/instance/pve1"),
      ("a b", [("l", "ä?#%")], "/metrics/job/a%20b/l/%C3%A4%3F%23%25"),
      ("x", [("path", "/var/tmp")], "/metrics/job/x/path@base64/L3Zhci90bXA"),
      ("/", [("empty", "")], "/metrics/job@base64/Lw/empty@base64/="),
      ("x", [("dots", ".."), ("v", "1.2")], "/metrics/job/x/dots@base64/Li4/v/1.2"),
      ("x", [("v", "/~~>>??")], "/metrics/job/x/v@base64/L35-Pj4_Pw"),
    ] as [(String, [(String, String)], String)])
  func writesTheGroupAsAPath(job: String, labels: [(String, String)], path: String) throws {
    #expect(try target(job: job, labels).groupPath == path)
  }

  @Test(arguments: ["", "1st", "a-b", "job", "__name__", "ä", "a b"])
  func refusesWhatIsNoLabel(name: String) {
    #expect(throws: ReportingError.self) { try PushgatewayTarget.Label(name: name, value: "x") }
  }

  @Test func refusesAJobWithoutANameAndALabelGivenTwice() {
    #expect(throws: ReportingError.self) { try target(job: "", []) }
    #expect(throws: ReportingError.self) { try target([("a", "1"), ("a", "2")]) }
  }

  @Test func replacesTheGroupByThePage() async throws {
    let scratch = try ScratchDirectory()
    let http = RecordingHTTP()
    let metrics = MetricsText(HostReport(try ReportScene.host()))
    let target = try PushgatewayTarget(
      address: .literal(WebAddress("http://gateway:9091/base/")),
      labels: [PushgatewayTarget.Label(name: "instance", value: "pve1")],
      headerFile: scratch.write("Authorization: Basic eA==", to: "header"))
    #expect(await Pushgateway(http: http).push(metrics, to: target) == nil)
    let request = try #require(http.requests.first)
    #expect(request.method == .put)
    #expect(request.address.text == "http://gateway:9091/base/metrics/job/backupctl/instance/pve1")
    #expect(request.headers.map(\.name) == ["Content-Type", "Authorization"])
    #expect(request.body == metrics.text)
    #expect(http.requests.count == 1)
  }

  @Test func warnsWhenTheGatewayRefuses() async throws {
    let http = RecordingHTTP { _ in .success(HTTPAnswer(status: 400, body: "text format parsing error\nline 2")) }
    let warning = try #require(await Pushgateway(http: http).push(MetricsText([]), to: target([])))
    #expect(warning.message == "cannot push metrics: http://gateway:9091/… answered with status 400")
    #expect(warning.cause == "text format parsing error")
  }

  @Test func warnsWhenTheHeadersCanNotBeRead() async throws {
    let target = try PushgatewayTarget(address: .literal(WebAddress("http://gateway")), headerFile: "/nonexistent")
    let http = RecordingHTTP()
    let warning = try #require(await Pushgateway(http: http).push(MetricsText([]), to: target))
    #expect(warning.message == "cannot push metrics: cannot read /nonexistent: No such file or directory")
    #expect(http.requests == [])
  }
}
