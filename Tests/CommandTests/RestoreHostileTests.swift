import Foundation
import Testing

@testable import BackupCommands

/// Repositories made to harm whoever restores from them: nothing outside of the target is touched, nothing is reported as done.
@Suite(.enabled(if: RepositoryMaker.kinds != nil, "needs python3 and zstd")) struct RestoreHostileTests {
  /// Where members of the tar stream begin is of no use to a restore; only `check` reads it.
  private static let harmless = "toc-runs"
  private let runner: CommandRunner

  init() throws { runner = try CommandRunner() }

  @Test func knowsTheKindsThatMatter() throws {
    let kinds = try #require(RepositoryMaker.kinds)
    #expect(kinds.count >= 40)
    for kind in ["path-parent", "path-absolute", "symlink-parent", "hardlink-outside", "bomb", "cyclic-index"] {
      #expect(kinds.contains(kind))
    }
  }

  @Test(arguments: RepositoryMaker.kinds ?? []) func staysInTheTargetAndReportsWhatItFinds(kind: String) async throws {
    let repository = "\(runner.directory)/around/repository"
    let around = try TestTree("\(runner.directory)/around")
    try around.file("mine", "keep")
    try RepositoryMaker.make(at: repository, kind: kind)
    let before = try RepositoryScene.listing(of: around.path)
    let password = try Data(contentsOf: URL(fileURLWithPath: "/etc/passwd"))
    let target = "\(runner.directory)/around/target"

    let result = await runner.run("restore", "t", "-r", repository, "--to", target)
    if kind == Self.harmless {
      #expect(result.code == 0 && result.messages.hasPrefix("restoring "), "\(result.messages)")
    } else {
      #expect([3, 13, 20].contains(result.code), "\(result.code): \(result.messages)")
      #expect(result.messages.contains("error: cannot "), "\(result.messages)")
    }

    let after = try RepositoryScene.listing(of: around.path).filter { path, _ in
      path != "target" && !path.hasPrefix("target/")
    }
    #expect(after == before, "something outside of the target has changed")
    #expect(!FileManager.default.fileExists(atPath: "/tmp/escaped"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: "/etc/passwd")) == password)
    // What is there of the one good file is whole; the name appears only with its content.
    if let good = FileManager.default.contents(atPath: "\(target)/good") {
      #expect(String(decoding: good, as: UTF8.self) == "this is good\n")
    }
    if kind == Self.harmless { #expect(await runner.run("check", "-r", repository).code == 20) }
  }

  @Test func restoresAGoodRepositoryOfTheSameMaker() async throws {
    let repository = "\(runner.directory)/repository"
    try RepositoryMaker.make(at: repository)
    let result = await runner.run("restore", "t", "--to", "\(runner.directory)/target")
    #expect(result.code == 0, "\(result.messages)")
    #expect(FileManager.default.contents(atPath: "\(runner.directory)/target/good") == Data("this is good\n".utf8))
  }
}
