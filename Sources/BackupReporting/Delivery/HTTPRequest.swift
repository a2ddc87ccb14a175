/// A method of an HTTP request.
public enum HTTPMethod: String, Sendable, CaseIterable {
  /// Asks.
  case get = "GET"
  /// Sends.
  case post = "POST"
  /// Replaces.
  case put = "PUT"
}

/// An HTTP request with a text as its body.
public struct HTTPRequest: Hashable, Sendable {
  /// The method.
  public var method: HTTPMethod
  /// Where to.
  public var address: WebAddress
  /// The headers.
  public var headers: [HTTPHeader]
  /// The body; nil for none. It can't hold NUL.
  public var body: String?
  /// How long all attempts together may take.
  public var timeLimit: Duration
  /// How often it is sent again after a transient failure: no connection, no answer in time, statuses 408, 429, 500,
  /// 502, 503 and 504.
  public var retries: Int

  /// Makes a request.
  public init(
    _ method: HTTPMethod, _ address: WebAddress, headers: [HTTPHeader] = [], body: String? = nil,
    timeLimit: Duration = .seconds(30), retries: Int = 2
  ) {
    self.method = method
    self.address = address
    self.headers = headers
    self.body = body
    self.timeLimit = timeLimit
    self.retries = retries
  }
}

/// The answer to an HTTP request.
public struct HTTPAnswer: Hashable, Sendable {
  /// The status: 200.
  public var status: Int
  /// The beginning of the body.
  public var body: String

  /// Makes an answer.
  public init(status: Int, body: String = "") {
    self.status = status
    self.body = body
  }

  /// Whether the request was done.
  public var isSuccess: Bool { (200..<300).contains(status) }
}

/// Sends HTTP requests; injected, so that tests need no network.
public protocol HTTPSending: Sendable {
  /// Sends a request and waits for the answer; redirections aren't followed.
  ///
  /// - Throws: ``ReportingError`` if there is no answer. An answer that isn't success is a result, not an error.
  func send(_ request: HTTPRequest) async throws(ReportingError) -> HTTPAnswer
}

extension HTTPSending {
  /// Sends a request whose answer must be success.
  ///
  /// - Throws: ``ReportingError`` if there is no answer, or another one.
  func deliver(_ request: HTTPRequest) async throws(ReportingError) {
    let answer = try await send(request)
    guard answer.isSuccess else {
      let line = answer.body.split(whereSeparator: \.isNewline).first.map { String($0.prefix(300)) }
      throw ReportingError(
        .answer, "\(request.address.shown) answered with status \(answer.status)", cause: line)
    }
  }
}
