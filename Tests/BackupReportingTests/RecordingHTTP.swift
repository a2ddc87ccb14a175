import Synchronization

@testable import BackupReporting

/// A web that records requests and answers as it is told.
final class RecordingHTTP: HTTPSending {
  private let recorded = Mutex<[HTTPRequest]>([])
  private let answer: @Sendable (HTTPRequest) -> Result<HTTPAnswer, ReportingError>

  init(
    _ answer: @escaping @Sendable (HTTPRequest) -> Result<HTTPAnswer, ReportingError> = { _ in
      .success(HTTPAnswer(status: 200))
    }
  ) {
    self.answer = answer
  }

  var requests: [HTTPRequest] { recorded.withLock { $0 } }

  func send(_ request: HTTPRequest) async throws(ReportingError) -> HTTPAnswer {
    recorded.withLock { $0.append(request) }
    return try answer(request).get()
  }
}
