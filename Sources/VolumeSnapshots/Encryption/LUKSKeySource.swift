import BackupModel
import HostSystem

/// Where the key of LUKS volumes comes from. It is read anew each time and kept nowhere.
public enum LUKSKeySource: Hashable, Sendable {
  /// The content of a file, byte for byte, as `cryptsetup --key-file` takes it.
  case file(String)
  /// What a program writes to its standard output, byte for byte: an argument vector and how long it may take.
  case command([String], timeLimit: Duration)

  /// How long a program may take unless said otherwise.
  public static var usualTimeLimit: Duration { .seconds(30) }

  /// Gets the key.
  ///
  /// - Parameter shown: what it is for, in messages.
  /// - Throws: ``VolumeError`` `notFound` if the file can't be read, `toolFailed` if the program fails, `refused` for an empty or overlong key.
  ///   No error has the program's standard output, and its last words only where they don't repeat it.
  public func key(for shown: String) async throws -> LUKSKey {
    switch self {
    case .file(let path): try Self.key(inFile: path, for: shown)
    case .command(let vector, let timeLimit): try await Self.key(fromCommand: vector, timeLimit, for: shown)
    }
  }

  private static func key(inFile path: String, for shown: String) throws -> LUKSKey {
    let bytes: [UInt8]
    do {
      let file = try OpenFile.open(Array(path.utf8), .readOwn)
      bytes = try file.contents(at: 0, count: LUKSKey.mostBytes + 1)
    } catch {
      throw VolumeError(
        .notFound, "cannot open \(shown): the key file \(path) can't be read: \(error.reason)", cause: error.cause,
        hint: "check `ls -l \(path)`; the file is named by `luks: {key-file: …}`")
    }
    guard let key = LUKSKey(bytes) else {
      throw unusable(bytes.isEmpty, shown, "the key file \(path)", hint: "check `ls -l \(path)`")
    }
    return key
  }

  private static func key(
    fromCommand vector: [String], _ timeLimit: Duration, for shown: String
  ) async throws -> LUKSKey {
    guard var command = ChildCommand(vector: vector) else {
      throw VolumeError(
        .refused, "cannot open \(shown): the command for its key is empty",
        hint: "name a program in `luks: {key-command: [PROGRAM, …]}`")
    }
    command.timeLimit = timeLimit
    command.outputLimit = ByteCount(Int64(LUKSKey.mostBytes))
    let program = command.executable
    let result: ChildResult
    do {
      result = try await command.run()
    } catch let error as ChildError {
      // Its message would show the arguments, in which some keep what they shouldn't.
      let why =
        switch error.code {
        case .notStarted: "can't be started"
        case .timedOut: "took longer than \(timeLimit.inSeconds) s and was stopped"
        case .tooMuchOutput: "wrote more than a key may have"
        case .lost: "couldn't be waited for"
        }
      throw VolumeError(
        .toolFailed, "cannot open \(shown): \(program), which is to print its key, \(why)",
        hint: "run the command of `luks: {key-command: …}` by hand")
    }
    guard result.isSuccess else {
      throw VolumeError(
        .toolFailed, "cannot open \(shown): \(program), which is to print its key, \(result.end)",
        cause: words(result), hint: "run the command of `luks: {key-command: …}` by hand")
    }
    guard let key = LUKSKey(result.output) else {
      throw unusable(
        result.output.isEmpty, shown, "the output of \(program)",
        hint: "run the command of `luks: {key-command: …}` by hand")
    }
    return key
  }

  /// The last words of a program, unless they repeat what it printed as the key.
  private static func words(_ result: ChildResult) -> String? {
    let printed = result.output.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    let words = result.lastWords.suffix(3)
    guard !words.isEmpty, !words.contains(where: { word in printed.contains { word.contains($0) } }) else { return nil }
    return words.joined(separator: " | ")
  }

  private static func unusable(_ isEmpty: Bool, _ shown: String, _ what: String, hint: String) -> VolumeError {
    VolumeError(
      .refused, "cannot open \(shown): \(what) is \(isEmpty ? "empty" : "longer than a key may be")", hint: hint)
  }
}
