import Testing

@testable import BackupReporting

@Suite struct DeadManPingTests {
  private func pinged(_ target: DeadManTarget, _ event: DeadManEvent) async -> [String] {
    let http = RecordingHTTP()
    #expect(await DeadManPing(http: http).send(event, summary: "weekly: ok", to: target) == nil)
    return http.requests.map { "\($0.method.rawValue) \($0.address.text) \($0.body ?? "-")" }
  }

  @Test(arguments: [
    (DeadManEvent.start, "POST https://hc/ping/uuid/start?rid=1 weekly: ok"),
    (.success, "POST https://hc/ping/uuid?rid=1 weekly: ok"),
    (.failure, "POST https://hc/ping/uuid/fail?rid=1 weekly: ok"),
  ])
  func appendsTheEventToOneAddress(event: DeadManEvent, request: String) async throws {
    let target = DeadManTarget(base: .literal(try WebAddress("https://hc/ping/uuid?rid=1")))
    #expect(await pinged(target, event) == [request])
  }

  static let ownAddresses: [(DeadManEvent, [String])] = [
    (.start, []), (.success, ["GET https://kuma/up -"]), (.failure, ["GET https://kuma/down -"]),
  ]

  @Test(arguments: ownAddresses)
  func pingsTheAddressOfTheEventAndNoneWithoutOne(event: DeadManEvent, requests: [String]) async throws {
    let target = DeadManTarget(
      start: nil, success: .literal(try WebAddress("https://kuma/up")),
      failure: .literal(try WebAddress("https://kuma/down")))
    #expect(await pinged(target, event) == requests)
  }

  static let ends: [(ScheduleRunState, DeadManEvent?)] = [
    (.ok, .success), (.degraded, .success), (.failed, .failure), (.died, .failure), (.running, .start),
    (.interrupted, nil),
  ]

  @Test(arguments: ends)
  func tellsHowARunEnded(state: ScheduleRunState, event: DeadManEvent?) {
    #expect(DeadManEvent(state) == event)
  }

  @Test func warnsWithoutTheSecretAddress() async throws {
    let http = RecordingHTTP { _ in .success(HTTPAnswer(status: 404, body: "not found")) }
    let target = DeadManTarget(base: .literal(try WebAddress("https://hc/ping/uuid")))
    let warning = try #require(await DeadManPing(http: http).send(.start, summary: "", to: target))
    #expect(warning.description == "cannot ping the dead-man switch: https://hc/… answered with status 404 (not found)")
  }
}
