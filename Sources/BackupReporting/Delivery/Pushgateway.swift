/// Pushes metrics to Pushgateways.
public struct Pushgateway: Sendable {
  private let http: any HTTPSending

  /// Makes a pusher.
  public init(http: any HTTPSending) { self.http = http }

  /// Replaces the group of a target by a page of metrics (`PUT`).
  ///
  /// - Returns: the warning if that fails; a run goes on without.
  public func push(_ metrics: MetricsText, to target: PushgatewayTarget) async -> ReportingError? {
    do throws(ReportingError) {
      let base = try target.address.resolve()
      var headers = [try HTTPHeader(name: "Content-Type", value: MetricsText.contentType)]
      if let file = target.headerFile { headers += try HTTPHeader.read(file: file) }
      let request = HTTPRequest(
        .put, try base.appendingPath(target.groupPath), headers: headers, body: metrics.text,
        timeLimit: target.timeLimit)
      try await http.deliver(request)
      return nil
    } catch {
      return error.prefixed("cannot push metrics")
    }
  }
}
