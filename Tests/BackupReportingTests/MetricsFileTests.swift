import BackupModel
import Foundation
import HostSystem
import Testing

@testable import BackupReporting

@Suite struct MetricsFileTests {
  private func page(_ sources: Int) throws -> MetricsText {
    MetricsText(
      HostReport(try ReportScene.host(sources: (0..<sources).map { try ReportScene.source("tree/s\($0)") })))
  }

  @Test(arguments: [("", "backupctl.prom"), ("/", "backupctl.prom"), ("/mine.prom", "mine.prom")])
  func writesIntoADirectoryOrToAFile(path: String, name: String) async throws {
    let scratch = try ScratchDirectory()
    let page = try page(1)
    #expect(try await MetricsFile(path: scratch.path + path).write(page) == nil)
    #expect(try scratch.names == [name])
    #expect(try scratch.text(name) == page.text)
  }

  @Test func letsOthersReadWhateverTheMaskOfTheUser() async throws {
    let scratch = try ScratchDirectory()
    #expect(try await MetricsFile(path: scratch.path).write(page(1)) == nil)
    let mode = try OpenFile.open(Array("\(scratch.path)/backupctl.prom".utf8), .readOwn).status().permissions
    #expect(mode == 0o644)
  }

  @Test func replacesThePageAndWhatACrashLeft() async throws {
    let scratch = try ScratchDirectory()
    let file = try MetricsFile(path: scratch.path)
    _ = try scratch.write("half a pa", to: "backupctl.prom.part")
    _ = try scratch.write("an old page", to: "backupctl.prom")
    let page = try page(2)
    #expect(await file.write(page) == nil)
    #expect(try scratch.names == ["backupctl.prom"])
    #expect(try scratch.text("backupctl.prom") == page.text)
  }

  @Test func neverShowsHalfAPageWhenManyWriteAtTheSameTime() async throws {
    let scratch = try ScratchDirectory()
    let file = try MetricsFile(path: scratch.path)
    let pages = try (1...8).map { try page($0 * 20) }
    await withTaskGroup(of: ReportingError?.self) { group in
      for page in pages { group.addTask { await file.write(page) } }
      for await warning in group { #expect(warning == nil) }
    }
    let text = try scratch.text("backupctl.prom")
    #expect(pages.contains { $0.text == text })
    #expect(try scratch.names == ["backupctl.prom"])
  }

  @Test func doesNotFollowALinkThatSomeoneElsePutThere() async throws {
    let scratch = try ScratchDirectory()
    let victim = try scratch.write("precious", to: "victim")
    for name in ["backupctl.prom", "backupctl.prom.part"] {
      try FileManager.default.createSymbolicLink(atPath: "\(scratch.path)/\(name)", withDestinationPath: victim)
    }
    #expect(try await MetricsFile(path: scratch.path).write(page(1)) == nil)
    #expect(try scratch.text("victim") == "precious")
  }

  @Test(arguments: [
    ("/nonexistent-directory/", "No such file or directory", "mkdir -p /nonexistent-directory/"),
    ("/nonexistent-directory/x.prom", "No such file or directory", "mkdir -p /nonexistent-directory"),
    ("/dev/null", "Not a directory", "ls -ld /dev/null"),
  ])
  func warnsWhenTheFileCanNotBeWritten(path: String, why: String, hint: String) async throws {
    let warning = try #require(try await MetricsFile(path: path).write(page(1)))
    #expect(warning.code == .textfile)
    #expect(warning.message == "cannot write metrics to \(path): \(why)")
    #expect(warning.hint == hint)
  }

  @Test func waitsNotForEverForAnotherWriter() async throws {
    let scratch = try ScratchDirectory()
    let other = try OpenFile.open(Array(scratch.path.utf8), .directory)
    #expect(try other.tryLock(exclusive: true))
    let warning = try #require(try await MetricsFile(path: scratch.path).write(page(1)))
    #expect(warning.cause == "flock: EAGAIN")
    try other.close()
    #expect(try await MetricsFile(path: scratch.path).write(page(1)) == nil)
  }

  @Test(arguments: ["", "relative.prom", "/a\u{0}b"])
  func refusesAPathThatIsNotAbsolute(path: String) {
    #expect(throws: ReportingError.self) { try MetricsFile(path: path) }
  }
}
