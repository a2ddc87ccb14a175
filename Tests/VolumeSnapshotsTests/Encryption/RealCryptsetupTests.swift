import FoundationEssentials
import HostSystem
import Testing

@testable import VolumeSnapshots

/// Headers that the installed cryptsetup makes on plain files, which needs neither root nor device-mapper.
@Suite(
  "Headers made by cryptsetup", .serialized, .timeLimit(.minutes(10)),
  .enabled(if: OpeningScratch.has("cryptsetup"), "needs cryptsetup: apt-get install cryptsetup-bin"))
struct RealCryptsetupTests {
  private static let cheap = ["--batch-mode", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]

  private func format(_ image: String, _ options: [String]) async throws {
    _ = try await OpeningScratch.run(
      ["cryptsetup", "luksFormat"] + Self.cheap + options + ["--key-file=-", image], input: Array("key".utf8))
  }

  private func header(_ image: String) throws -> LUKSHeader {
    let finding = try LUKSFinding.find(in: OpenFile.open(Array(image.utf8), .readOwn))
    guard case .header(let header) = finding else {
      Issue.record("\(finding)")
      throw VolumeError(.notFound, "no header")
    }
    return header
  }

  /// The value after a label in `luksDump`.
  private func value(_ label: String, in dump: String) -> String? {
    let line = dump.split(separator: "\n").first { $0.contains(label) }
    return line.map { String($0[($0.firstIndex(of: ":") ?? $0.startIndex)...].dropFirst()) }?
      .split(whereSeparator: \.isWhitespace).first.map(String.init)
  }

  @Test(
    arguments: [
      [], ["--cipher", "aes-cbc-essiv:sha256", "--hash", "sha512"], ["--align-payload", "8192"],
    ] as [[String]])
  func readsLUKS1AsItsDumpSays(options: [String]) async throws {
    let scratch = try OpeningScratch()
    let image = try scratch.image("volume", mebibytes: 8)
    try await format(image, ["--type", "luks1"] + options)
    let dump = try await OpeningScratch.run("cryptsetup", "luksDump", image)
    let found = try header(image)
    let identity = try #require(found.identity)
    #expect(found.version == .one)
    #expect(value("UUID:", in: dump) == found.uuid)
    #expect(value("Payload offset:", in: dump) == "\(identity.segment.offset / 512)")
    let cipher = [value("Cipher name:", in: dump), value("Cipher mode:", in: dump)].compactMap(\.self)
    #expect(cipher.joined(separator: "-") == identity.segment.encryption)
  }

  @Test(arguments: [
    ["--sector-size", "512"], ["--sector-size", "4096"], ["--offset", "65536"], ["--luks2-metadata-size", "64k"],
    ["--luks2-metadata-size", "4m"], ["--cipher", "aes-cbc-essiv:sha256", "--sector-size", "512"],
    ["--luks2-keyslots-size", "256k"], ["--label", "data"],
  ])
  func readsLUKS2AsItsDumpSays(options: [String]) async throws {
    let scratch = try OpeningScratch()
    let image = try scratch.image("volume", mebibytes: 64)
    try await format(image, ["--type", "luks2"] + options)
    let dump = try await OpeningScratch.run("cryptsetup", "luksDump", image)
    let found = try header(image)
    let identity = try #require(found.identity)
    #expect(found.version == .two)
    #expect(value("UUID:", in: dump) == found.uuid)
    let segment = String(dump[try #require(dump.firstRange(of: "Data segments:")).upperBound...])
    #expect(value("offset:", in: segment) == "\(identity.segment.offset)")
    #expect(value("sector:", in: segment) == "\(identity.segment.sectorSize)")
    #expect(value("cipher:", in: segment) == identity.segment.encryption)
    #expect(identity.segment.size == nil)
  }

  @Test(arguments: ["luks1", "luks2"])
  func knowsAVolumeAgainWhosePassphrasesChanged(type: String) async throws {
    let scratch = try OpeningScratch()
    let image = try scratch.image("volume", mebibytes: 24)
    let oldKey = try scratch.file("old", Array("key".utf8))
    let newKey = try scratch.file("new", Array("other".utf8))
    try await format(image, ["--type", type])
    let before = try header(image)
    for action in [["luksAddKey"], ["luksKillSlot"]] {
      let arguments =
        action == ["luksAddKey"]
        ? ["luksAddKey"] + Self.cheap + ["--key-file", oldKey, image, newKey]
        : ["luksKillSlot", "--batch-mode", "--key-file", newKey, image, "0"]
      _ = try await OpeningScratch.run(["cryptsetup"] + arguments)
      let after = try header(image)
      #expect(try #require(after.identity).difference(from: before.identity) == nil)
    }
  }

  @Test(arguments: ["luks1", "luks2"])
  func doesNotTakeAVolumeFormattedAnewWithTheSameUUIDForTheSame(type: String) async throws {
    let scratch = try OpeningScratch()
    let image = try scratch.image("volume", mebibytes: 24)
    let uuid = ["--type", type, "--uuid", "6f6f5d5e-0000-4000-8000-000000000009"]
    try await format(image, uuid)
    let before = try header(image)
    try await format(image, uuid)
    let after = try header(image)
    #expect(
      try #require(after.identity).difference(from: before.identity)
        == "the volume has another LUKS volume key than the base")
  }

  @Test func findsTheSecondHeaderAfterTheFirstWasWiped() async throws {
    let scratch = try OpeningScratch()
    let image = try scratch.image("volume", mebibytes: 24)
    try await format(image, ["--type", "luks2", "--luks2-metadata-size", "32k"])
    let file = try OpenFile.open(Array(image.utf8), .update)
    try file.write([UInt8](repeating: 0, count: 4096)[...], at: 0)
    #expect(try LUKSFinding.find(in: file) == .secondHeaderOnly(offset: 32_768))
    _ = try await OpeningScratch.run("cryptsetup", "repair", "--batch-mode", image)
    #expect(try header(image).version == .two)
  }

  @Test(arguments: ["luks1", "luks2"])
  func aWrongKeyEndsWithTheCodeThatIsTakenForIt(type: String) async throws {
    let scratch = try OpeningScratch()
    let image = try scratch.image("volume", mebibytes: 24)
    try await format(image, ["--type", type])
    for (key, code) in [("key", 0), ("key\n", 2), ("wrong", 2)] as [(String, Int32)] {
      let result = try await HostTools().run(
        "cryptsetup", ["open", "--type", "luks", "--test-passphrase", "--batch-mode", "--key-file=-", "--", image],
        input: Array(key.utf8), timeLimit: .seconds(60))
      #expect(result.end == .exited(code))
    }
  }
}
