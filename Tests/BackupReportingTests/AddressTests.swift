import BackupModel
import Testing

@testable import BackupReporting

@Suite struct AddressTests {
  @Test(arguments: [
    "http://localhost:9091", "https://hooks.example.org/T0/B0/secret?x=1&y=%20", "HTTPS://user:pw@[::1]:8443/",
  ])
  func acceptsAddressesOfTheWeb(text: String) throws {
    #expect(try WebAddress(text).text == text)
  }

  @Test(arguments: [
    ("ftp://host/", "https://"), ("host/path", "https://"), ("file:///etc/shadow", "https://"), ("", "https://"),
    ("http://", "no host"), ("http:///path", "no host"), ("http://?q", "no host"), ("http://user@/x", "no host"),
    ("http://host/a b", "%XX"), ("http://host/\n", "%XX"), ("http://host/\"", "%XX"), ("http://host/é", "%XX"),
    ("http://host/{a}", "%XX"), ("http://host/#part", "%XX"), ("http://host/\u{7F}", "%XX"),
  ])
  func refusesWhatIsNoAddress(text: String, why: String) throws {
    let error = try #require(throws: ReportingError.self) { try WebAddress(text) }
    #expect(error.code == .target)
    #expect(error.category == .usage)
    #expect(error.message.contains(why))
  }

  @Test(arguments: [
    ("https://hooks.example.org/T0/secret", "https://hooks.example.org/…"),
    ("http://user:secret@host:81/x", "http://host:81/…"), ("https://host?token=secret", "https://host/…"),
    ("http://secret@secret@host", "http://host/…"),
  ])
  func showsNoSecretPart(text: String, shown: String) throws {
    #expect(try "\(WebAddress(text))" == shown)
  }

  @Test(arguments: [
    ("http://h/ping/1", "/fail", "http://h/ping/1/fail"), ("http://h/ping/", "/fail", "http://h/ping/fail"),
    ("http://h", "/metrics/job/x", "http://h/metrics/job/x"), ("http://h/p?rid=1", "/start", "http://h/p/start?rid=1"),
  ])
  func appendsToThePathInFrontOfAQuery(text: String, more: String, result: String) throws {
    #expect(try WebAddress(text).appendingPath(more).text == result)
  }

  @Test func readsAnAddressFromAFile() throws {
    let scratch = try ScratchDirectory()
    let file = try scratch.write("\n  https://host/secret  \n\n", to: "address")
    #expect(try AddressSource.file(file).resolve().text == "https://host/secret")
  }

  @Test(arguments: [
    ("", "there are 0"), ("https://a\nhttps://b\n", "there are 2"), ("not an address", "neither with https://"),
    (String(repeating: "x", count: 65_537), "longer than 64 KiB"),
  ])
  func refusesAFileThatHoldsNoAddress(content: String, why: String) throws {
    let scratch = try ScratchDirectory()
    let file = try scratch.write(content, to: "address")
    let error = try #require(throws: ReportingError.self) { try AddressSource.file(file).resolve() }
    #expect(error.code == .secret)
    #expect(error.message.contains(why) && error.message.contains(file), "\(error.message)")
  }

  @Test func namesTheFileThatIsMissing() throws {
    let error = try #require(throws: ReportingError.self) { try AddressSource.file("/nonexistent/address").resolve() }
    #expect(error.message == "cannot read /nonexistent/address: No such file or directory")
    #expect(error.cause == "open: ENOENT")
  }
}

@Suite struct HTTPHeaderTests {
  @Test func parsesALine() throws {
    let header = try HTTPHeader(line: "Authorization: \t Bearer a:b")
    #expect(header.name == "Authorization")
    #expect(header.value == "Bearer a:b")
  }

  @Test(arguments: ["no colon", ": value", "a b: c", "Ä: c", "X:", "X: a\rb", "X: a\nY: b", "X: a\u{0}b"])
  func refusesALineThatIsNoHeaderWithoutShowingItsValue(line: String) throws {
    let error = try #require(throws: ReportingError.self) { try HTTPHeader(line: line) }
    #expect(error.code == .target)
    #expect(!error.message.contains("Y: b"))
  }

  @Test func readsTheLinesOfAFile() throws {
    let scratch = try ScratchDirectory()
    let file = try scratch.write("Authorization: Basic eA==\r\n\nX-Tenant: 1\n", to: "headers")
    #expect(
      try HTTPHeader.read(file: file).map { "\($0.name)=\($0.value)" } == ["Authorization=Basic eA==", "X-Tenant=1"])
    let damaged = try scratch.write("a: b\nsecret\n", to: "damaged")
    let error = try #require(throws: ReportingError.self) { try HTTPHeader.read(file: damaged) }
    #expect(error.code == .secret)
    #expect(!error.message.contains("secret\n") && error.message.contains(damaged))
  }
}
