import HostSystem

/// Sends HTTP requests with the `curl` program.
///
/// `curl -q --config -`: the configuration arrives on standard input, so arguments hold no secret and nothing touches a
/// disk; `-q` keeps the user's own `.curlrc` out. Needs curl 7.82 or later.
public struct CurlSender: HTTPSending {
  private let commands: any CommandRunning
  private let program: String

  /// Makes a sender.
  public init(commands: any CommandRunning, program: String = "curl") {
    self.commands = commands
    self.program = program
  }

  /// Sends a request.
  ///
  /// - Throws: ``ReportingError`` of the code `request` if there is no answer, `command` if curl can't be run.
  public func send(_ request: HTTPRequest) async throws(ReportingError) -> HTTPAnswer {
    guard let configuration = CurlConfiguration(request) else {
      throw ReportingError(
        .request, "curl cannot send this text to \(request.address.shown): it holds a NUL or thousands of @ in a row")
    }
    var command = ChildCommand(program, ["-q", "--config", "-"])
    command.input = Array(configuration.text.utf8)
    // `retry-max-time` only forbids a further attempt; the last one may take its whole time once more.
    command.timeLimit = request.timeLimit * 2 + .seconds(5)
    command.stopGrace = .seconds(1)
    let result: ChildResult
    do {
      result = try await commands.run(command)
    } catch {
      throw ReportingError(error, running: program, hint: "apt-get install curl")
    }
    // The last line of standard error is the status, as the configuration asks for.
    let status = result.lastWords.last.flatMap { Int($0) } ?? 0
    // A transfer that broke off after its status is no answer.
    guard result.isSuccess, status > 0 else {
      let words = result.lastWords.last { Int($0) == nil } ?? "curl \(result.end)"
      throw ReportingError(
        .request, "\(request.address.shown) did not answer",
        // Should curl ever print the address, its secret part goes.
        cause: words.replacing(request.address.text, with: request.address.shown))
    }
    return HTTPAnswer(status: status, body: String(decoding: result.output, as: UTF8.self))
  }
}
