import HostSystem
import Testing

@testable import VolumeSnapshots

@Suite("Keys of LUKS volumes", .timeLimit(.minutes(5)))
struct LUKSKeyTests {
  private func source(_ script: String, timeLimit: Duration = .seconds(60)) -> LUKSKeySource {
    .command(["/bin/sh", "-c", script], timeLimit: timeLimit)
  }

  @Test func showsNothingOfItself() throws {
    let key = try #require(LUKSKey(Array("correct horse".utf8)))
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped, "\([key])"] {
      #expect(!text.contains("correct") && !text.contains("99"), "\(text)")
    }
  }

  @Test func takesAFileByteForByte() async throws {
    let scratch = try OpeningScratch()
    let path = try scratch.file("key", [0, 0x0A, 0xFF, 0x0A])
    #expect(try await LUKSKeySource.file(path).key(for: "pve/x").bytes == [0, 0x0A, 0xFF, 0x0A])
  }

  @Test func takesTheOutputOfACommandByteForByte() async throws {
    #expect(try await source(#"printf 'a b\n'"#).key(for: "pve/x").bytes == Array("a b\n".utf8))
  }

  @Test func namesAKeyFileThatIsNotThere() async throws {
    let error = await volumeError { _ = try await LUKSKeySource.file("/nonexistent/key").key(for: "pve/x") }
    #expect(error?.code == .notFound)
    #expect(
      error?.message == "cannot open pve/x: the key file /nonexistent/key can't be read: No such file or directory")
  }

  @Test func refusesAnEmptyKeyFile() async throws {
    let scratch = try OpeningScratch()
    let path = try scratch.file("key", [])
    let error = await volumeError { _ = try await LUKSKeySource.file(path).key(for: "pve/x") }
    #expect(error?.message == "cannot open pve/x: the key file \(path) is empty")
  }

  @Test func refusesAKeyFileThatNeverEnds() async throws {
    let error = await volumeError { _ = try await LUKSKeySource.file("/dev/zero").key(for: "pve/x") }
    #expect(error?.message == "cannot open pve/x: the key file /dev/zero is longer than a key may be")
  }

  static let failures: [(script: String, expected: String)] = [
    ("exit 0", "the output of /bin/sh is empty"),
    ("echo denied >&2; exit 3", "/bin/sh, which is to print its key, ended with code 3"),
    ("while :; do echo 0123456789abcdef; done", "/bin/sh, which is to print its key, wrote more than a key may have"),
  ]

  @Test(arguments: failures.indices)
  func saysHowACommandFailed(failure: Int) async throws {
    let error = await volumeError { _ = try await source(Self.failures[failure].script).key(for: "pve/x") }
    #expect(error?.message == "cannot open pve/x: " + Self.failures[failure].expected)
  }

  @Test func stopsACommandThatTakesTooLong() async throws {
    let error = await volumeError {
      _ = try await source("exec cat /dev/zero >/dev/null", timeLimit: .milliseconds(200)).key(for: "pve/x")
    }
    #expect(error?.code == .toolFailed)
    #expect(error?.message.contains("took longer than") == true)
  }

  @Test func showsTheLastWordsOfACommandButNotItsKeyOrArguments() async throws {
    let plain = await volumeError { _ = try await source("echo permission denied >&2; exit 1").key(for: "pve/x") }
    #expect(plain?.cause == "permission denied")
    let leaking = await volumeError {
      _ = try await source("echo hunter2; echo + echo hunter2 >&2; exit 1").key(for: "pve/x")
    }
    #expect(leaking?.cause == nil)
    for error in [plain, leaking] {
      let text = "\(error?.message ?? "") \(error?.cause ?? "") \(error?.hint ?? "")"
      #expect(!text.contains("hunter2") && !text.contains("echo"), "\(text)")
    }
  }

  @Test func namesAProgramThatIsNotThere() async throws {
    let error = await volumeError {
      _ = try await LUKSKeySource.command(["/nonexistent/vault", "secret"], timeLimit: .seconds(5)).key(for: "pve/x")
    }
    #expect(error?.message == "cannot open pve/x: /nonexistent/vault, which is to print its key, can't be started")
  }
}
