import Testing

@testable import BackupCommands

@Suite struct ExitCodesPageTests {
  @Test func pageEqualsWhatTheProgramKnows() throws {
    var lines = [
      "# Exit codes", "",
      "<!-- Generated from Sources/BackupCommands/Support/ExitStatus.swift by `UPDATE_GOLDEN=1 make test`; don't edit. -->",
      "",
      "What each code means is the same for all commands; `--help` of a command lists those that it can end with.", "",
      "| code | meaning |", "|---|---|",
    ]
    lines += ExitStatus.allCases.map { "| \($0.rawValue) | \($0.meaning) |" }
    lines += [
      "| 128+N | ended by signal N |", "",
      "`backupctl diff --exit-code` ends with 1 when there are differences, as `diff` does.", "",
    ]
    try GoldenText.expect(lines.joined(separator: "\n"), equalsPackageFile: "docs/exit-codes.md")
  }

  @Test func codesAreDistinctAndOutsideOfSignals() {
    let codes = ExitStatus.allCases.map(\.rawValue)
    #expect(Set(codes).count == codes.count && codes.allSatisfy { $0 < 128 })
  }
}
