import Foundation
import Testing

@Suite struct SourceRuleTests {
  /// The boundary to the kernel and to C libraries, and two loops over every byte.
  static let filesWithUnsafeCode: Set<String> = [
    "Sources/BackupArchive/Chunker.swift", "Sources/BackupArchive/ContentHash.swift",
    "Sources/BackupArchive/TarSerializer.swift", "Sources/BackupArchive/ZstdFrames.swift",
    "Sources/HostSystem/DirectReader.swift", "Sources/HostSystem/OpenFile+Content.swift",
    "Sources/HostSystem/OpenFile+ExtendedAttributes.swift",
    "Sources/HostSystem/OpenFile+Names.swift", "Sources/HostSystem/OpenFile+Opening.swift",
    "Sources/HostSystem/OpenFile+Pipes.swift", "Sources/HostSystem/Process/ChildRun.swift",
    "Sources/HostSystem/SystemCalls.swift", "Sources/HostSystem/WorkerThread.swift",
  ]

  static let unsafe = #"\bUnsafe|\bwithUnsafe|\bUnmanaged\b|\bwithCString\b|unsafeBitCast|nonisolated\(unsafe\)"#

  private func pattern(_ text: String) throws -> NSRegularExpression { try NSRegularExpression(pattern: text) }

  @Test func unsafeCodeStaysInTheListedFiles() throws {
    let unsafe = try pattern(Self.unsafe)
    let found = Set(try SourceFile.all(in: "Sources").filter { !$0.matches(unsafe).isEmpty }.map(\.path))
    #expect(found == Self.filesWithUnsafeCode)
  }

  /// What a library module may not do; commands write through `CommandOutput`.
  static let forbidden = [
    (#"\bDate\(\)"#, "asks the clock itself"), (#"(?<![\w.])(?<!func )print\("#, "prints"),
    (#"\bfatalError\("#, "ends the process"), (#"\btry!"#, "ends the process on an error"),
    (#"\bas!"#, "forces a type"),
    (#"\bSystemRandomNumberGenerator\b|\.random\(in: [^,)]*\)"#, "asks for random numbers"),
  ]

  @Test(arguments: forbidden.indices)
  func noModuleDoesWhatIsForbidden(rule: Int) throws {
    let (text, what) = Self.forbidden[rule]
    let forbidden = try pattern(text)
    let found = try SourceFile.all(in: "Sources").flatMap { $0.matches(forbidden) }
    #expect(found.isEmpty, "\(what): \(found.joined(separator: "\n"))")
  }

  @Test func everySilencedErrorHasItsReasonBesideIt() throws {
    for file in try SourceFile.all(in: "Sources") {
      for (number, text) in file.code
      where text.contains("try?") && text.range(of: #"\btry\?"#, options: .regularExpression) != nil {
        let here = file.lines[number - 1]
        let above = number > 1 ? file.lines[number - 2] : ""
        #expect(
          here.contains("//") || above.trimmingCharacters(in: .whitespaces).hasPrefix("//"),
          "\(file):\(number) has a `try?` without a reason on its line or the line above")
      }
    }
  }

  @Test(arguments: ["Sources", "Tests"])
  func filesHaveAtMost400Lines(directory: String) throws {
    for file in try SourceFile.all(in: directory) { #expect(file.lines.count <= 401, "\(file)") }
  }

  @Test func nothingIsMarkedUnfinished() throws {
    // Written in two parts, since this file is looked at too.
    let marks = ["TO" + "DO", "FIX" + "ME"]
    for directory in ["Sources", "Tests"] {
      for file in try SourceFile.all(in: directory) {
        for (number, line) in file.lines.enumerated() {
          if marks.contains(where: { line.contains($0) }) { Issue.record("\(file):\(number + 1)") }
        }
      }
    }
  }

  @Test func noTestIsSwitchedOff() throws {
    let switchedOff = try pattern(#"\.disabled\(|withKnown[I]ssue"#)
    let found = try SourceFile.all(in: "Tests").flatMap { $0.matches(switchedOff) }
    #expect(found.isEmpty)
  }

  @Test func rulesFindWhatTheyForbid() throws {
    let file = SourceFile(
      path: "Sources/M/F.swift",
      lines: ["let now = Date()", "print(1)", "fatalError()", "try! f()", "x as! Int", "Int.random(in: 0..<9)"])
    for (text, _) in Self.forbidden { #expect(file.matches(try pattern(text)).count == 1, "\(text)") }
    let allowed = SourceFile(
      path: "Sources/M/G.swift",
      lines: ["// print(1)", "report.print(output)", "func print(_ text: String) {}", "x as? Int"])
    for (text, _) in Self.forbidden { #expect(allowed.matches(try pattern(text)).isEmpty, "\(text)") }
  }
}
