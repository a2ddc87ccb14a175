import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct InvalidScheduleTests {
  static let names: [String] = {
    // An unreadable directory gives no names, and the test of the number of samples fails.
    (try? RepositoryFiles.names(in: "schedules/invalid", ending: ".yaml")) ?? []
  }()

  @Test(arguments: names) func refusesEachInvalidSampleWithItsExpectedText(_ name: String) throws {
    let file = "schedules/invalid/\(name).yaml"
    let expected = try RepositoryFiles.text("schedules/invalid/\(name).expected")
    let text = try RepositoryFiles.text(file)
    let error = try #require(throws: PolicyError.self) {
      try Schedule.parse(text: text, file: file, kinds: knownKinds)
    }
    #expect(error.category == .usage)
    #expect("error: \(error.message)\n" + (error.hint.map { "hint: \($0)\n" } ?? "") == expected)
  }

  @Test func hasSamplesOfManyMistakesAndNoExpectationWithoutSample() throws {
    #expect(Self.names.count >= 66)
    #expect(try RepositoryFiles.names(in: "schedules/invalid", ending: ".expected") == Self.names)
  }
}
