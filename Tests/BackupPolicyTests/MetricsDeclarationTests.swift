import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct MetricsDeclarationTests {
  private func metrics(_ mapping: String) throws -> MetricsDeclaration {
    try Configuration.parse(text: "repository: {path: /r}\nmetrics: \(mapping)", file: "c.yaml").metrics
  }

  private func error(_ mapping: String) throws -> PolicyError {
    try #require(throws: PolicyError.self) { try metrics(mapping) }
  }

  @Test func takesEachDestinationAloneOrNone() throws {
    #expect(try metrics("{}") == MetricsDeclaration())
    #expect(try metrics("{textfile: /a/b.prom}") == MetricsDeclaration(textfile: "/a/b.prom"))
    #expect(
      try metrics("{pushgateway: {url: \"http://push:9091\"}}")
        == MetricsDeclaration(pushgateway: .init(url: "http://push:9091", job: "backupctl", headerFile: nil)))
  }

  @Test(arguments: [
    "http://h", "https://h/", "http://h:1/a/b%20c", "https://1.2.3.4:65535", "http://[fe80::1]", "http://[::1]:9091/a",
    "http://host-1.example_2.org/~x/@y",
  ])
  func takesAnAddress(_ url: String) throws {
    #expect(try metrics("{pushgateway: {url: \"\(url)\"}}").pushgateway?.url == url)
  }

  @Test(arguments: [
    "h:9091", "ftp://h", "http://", "http:///a", "http://:80", "http://h:", "http://h:0", "http://h:65536",
    "http://h:x",
    "http://h/a b", "http://h/#a", "http://h/ä", "http://h/\\n", "http://[::1", "http://[]", "http://[x]:1", "HTTP://h",
    "http://h?a=1", "http://h/a?b", "http://h/\\u0001", "",
  ])
  func refusesWhatIsNoAddress(_ url: String) throws {
    let message = try error("{pushgateway: {url: \"\(url)\"}}").message
    #expect(message.contains("expected an address such as `http://host:9091`"), "\(message)")
  }

  @Test(arguments: ["http://user:hunter2@h", "https://hunter2@h/a", "http://a@hunter2@h/?x"])
  func refusesAPasswordInAnAddressWithoutRepeatingIt(_ url: String) throws {
    let error = try error("{pushgateway: {url: \"\(url)\"}}")
    #expect(error.message == "cannot read c.yaml:2: `url` has a user name or password in it")
    #expect(error.hint?.contains("`header-file`") == true)
  }

  @Test(arguments: ["user:hunter2@h", "ftp://u:hunter2@h", "http://u:hunter2/3@h", "http://u:hunter2#@h", "hunter2@"])
  func neverRepeatsWhatMayBeAPassword(_ url: String) throws {
    let error = try error("{pushgateway: {url: \"\(url)\"}}")
    #expect(error.message.contains("`url`") && !error.message.contains("hunter2"), "\(error.message)")
    #expect(error.hint?.contains("hunter2") != true)
  }

  @Test(arguments: [
    ("{textfile: a.prom}", "`textfile` is `a.prom`, expected an absolute path"),
    ("{textfile: /a/metrics}", "`textfile` is `/a/metrics`, expected a path that ends in `.prom`"),
    ("{pushgateway: \"http://h\"}", "`pushgateway` is the text \"http://h\", expected a mapping"),
    ("{pushgateway: {}}", "`pushgateway` has no `url`"),
    ("{pushgateway: {url: \"http://h\", job: a/b}}", "`job` is `a/b`, expected a name"),
    ("{pushgateway: {url: \"http://h\", header-file: h}}", "`header-file` is `h`, expected an absolute path"),
    ("{push-gateway: {}}", "unknown key `push-gateway` in `metrics`; did you mean `pushgateway`?"),
  ])
  func refusesAMistakeNamingIt(_ mapping: String, _ part: String) throws {
    let message = try error(mapping).message
    #expect(message.hasPrefix("cannot read c.yaml:2: "))
    #expect(message.contains(part), "\(message)")
  }
}
