import HostSystem
import Testing
import VolumeSnapshots

@Suite("Signatures of file systems")
struct FileSystemSignatureTests {
  private func bytes(_ magic: [(offset: Int, bytes: [UInt8])]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: FileSystemSignature.neededBytes)
    for part in magic { bytes.replaceSubrange(part.offset..<part.offset + part.bytes.count, with: part.bytes) }
    return bytes
  }

  private func text(_ offset: Int, _ text: String) -> (offset: Int, bytes: [UInt8]) { (offset, Array(text.utf8)) }

  @Test func findsNothingInZerosOrInNoBytes() {
    #expect(FileSystemSignature.all(in: bytes([])).isEmpty)
    #expect(FileSystemSignature.all(in: [] as [UInt8]).isEmpty)
  }

  @Test func findsEachMagicNumberInItsPlace() {
    let magic: [([(offset: Int, bytes: [UInt8])], FileSystemSignature)] = [
      ([text(0, "XFSB")], .xfs), ([text(65_536 + 64, "_BHRfS_M")], .btrfs), ([text(4086, "SWAPSPACE2")], .swap),
      ([text(65_526, "SWAPSPACE2")], .swap), ([text(4086, "SWAP-SPACE")], .swap),
      ([text(512, "LABELONE"), text(536, "LVM2 001")], .physicalVolume), ([text(512, "EFI PART")], .partitionTable),
      ([(0, [0x4C, 0x55, 0x4B, 0x53, 0xBA, 0xBE])], .luks), ([(510, [0x55, 0xAA]), (450, [0x83])], .partitionTable),
      ([(1080, [0x53, 0xEF]), (1120, [2])], .ext(generation: 2, needsReplay: false)),
      ([(1080, [0x53, 0xEF]), (1116, [4]), (1120, [6])], .ext(generation: 3, needsReplay: true)),
      ([(1080, [0x53, 0xEF]), (1116, [4]), (1120, [0xC2, 2])], .ext(generation: 4, needsReplay: false)),
    ]
    for (parts, expected) in magic {
      let whole = bytes(parts)
      #expect(FileSystemSignature.all(in: whole) == [expected])
      let end = (parts.map { $0.offset + $0.bytes.count }.max() ?? 0) - 1
      #expect(FileSystemSignature.all(in: Array(whole.prefix(end))).isEmpty, "\(expected) cut off at \(end)")
    }
  }

  @Test func takesABootSectorWithCodeForNoPartitionTable() {
    #expect(FileSystemSignature.all(in: bytes([(510, [0x55, 0xAA]), (446, [0x33, 0xC0, 0x8E, 0xD0, 7])])).isEmpty)
    #expect(FileSystemSignature.all(in: bytes([(510, [0x55, 0xAA])])).isEmpty)
  }

  @Test func saysAllThatItFindsWhereSomethingLeftItsTraces() {
    #expect(
      FileSystemSignature.all(in: bytes([text(0, "XFSB"), text(65_600, "_BHRfS_M")])) == [.xfs, .btrfs])
  }

  static let real: [(program: String, arguments: [String], expected: FileSystemSignature)] = [
    ("mke2fs", ["-q", "-F", "-t", "ext2"], .ext(generation: 2, needsReplay: false)),
    ("mke2fs", ["-q", "-F", "-t", "ext3"], .ext(generation: 3, needsReplay: false)),
    ("mke2fs", ["-q", "-F", "-t", "ext4"], .ext(generation: 4, needsReplay: false)),
    ("mkfs.xfs", ["-q"], .xfs), ("mkswap", [], .swap), ("sfdisk", [], .partitionTable),
    ("sfdisk", ["--label", "gpt"], .partitionTable),
  ]

  @Test(.enabled(if: OpeningScratch.has("mke2fs"), "needs e2fsprogs"), arguments: real.indices)
  func findsWhatTheProgramsMake(index: Int) async throws {
    let (program, arguments, expected) = Self.real[index]
    guard OpeningScratch.has(program) else { return }
    let scratch = try OpeningScratch()
    let image = try scratch.image("volume", mebibytes: 320)
    _ = try await OpeningScratch.run(
      [program] + arguments + [image], input: program == "sfdisk" ? Array(",\n".utf8) : [])
    #expect(try FileSystemSignature.all(in: OpenFile.open(Array(image.utf8), .readOwn)) == [expected])
  }
}
