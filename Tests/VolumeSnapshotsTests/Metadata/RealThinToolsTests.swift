import Foundation
import HostSystem
import TestSupport
import Testing

@testable import VolumeSnapshots

enum InstalledThinTools {
  static let areThere = ["/usr/sbin/thin_restore", "/usr/sbin/thin_delta"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: $0)
  }
}

/// The installed tools on metadata in a file, which needs no device-mapper.
@Suite(
  "Installed thin tools", .enabled(if: InstalledThinTools.areThere, "thin-provisioning-tools aren't installed"))
struct RealThinToolsTests {
  let scratch: MetadataScratch
  let tools = HostTools()

  init() throws { scratch = try MetadataScratch() }

  /// Writes the model's devices into a metadata file.
  private func restore(_ model: ThinModel) async throws -> ThinMetadata {
    let xml = try scratch.write(
      model.dump(model.devices.keys.sorted()).replacing(#"nr_data_blocks="0""#, with: #"nr_data_blocks="4096""#),
      to: "model.xml")
    let file = try scratch.write("", to: "metadata")
    try OpenFile.open(PathBytes(path: file), .update).setSize(1 << 20)
    _ = try await tools.output(of: "thin_restore", ["-i", xml, "-o", file], to: "make metadata")
    let pool = try #require(VolumeName(parsing: "vg/pool"))
    return ThinMetadata(
      of: MetadataPool(name: pool, uuid: "u", chunkSize: model.chunkSize), on: file, ofActivePool: false, tools: tools)
  }

  @Test func haveAnAcceptedVersion() async throws {
    #expect(try await ThinTools.check(ThinTools.Program.allCases, of: tools).refusal == nil)
  }

  @Test func agreeWithTheModelForRandomDevices() async throws {
    var random = SeededRandom(seed: 9)
    for round in 0..<20 {
      let blocks = 5 + random.below(400)
      let model = ThinModel.random(&random, blocks: blocks)
      let metadata = try await restore(model)
      let usage = try await metadata.usage()
      #expect(usage == (try ThinUsage.parse(Array(model.list().utf8), chunkSize: model.chunkSize)))
      #expect(try await metadata.devices() == model.described)
      let size = Int64(blocks) * model.chunkSize
      let difference = try await metadata.difference(from: 1, to: 2)
      #expect(
        difference.map(size: size, baseSize: size).states(of: model.chunkSize)
          == model.states(1, 2, blocks: blocks, baseBlocks: blocks), "round \(round)")
      #expect(difference.leftBlocks == usage[1]?.mappedBlocks)
      #expect(difference.rightBlocks == usage[2]?.mappedBlocks)
      let mapping = try await metadata.mapping(of: 2)
      #expect(mapping.mappedBlocks == difference.rightBlocks)
      #expect(mapping.writtenBlocks == 0)
      #expect(
        mapping.map(size: size).states(of: model.chunkSize)
          == (0..<blocks).map { model.devices[2]?.blocks[$0] == nil ? .unmapped : .changed })
    }
  }

  @Test func failWithTheirOwnWordsForADeviceThatIsNotThere() async throws {
    var random = SeededRandom(seed: 9)
    let metadata = try await restore(ThinModel.random(&random, blocks: 20))
    let error = try await #require(throws: VolumeError.self) { try await metadata.difference(from: 9, to: 2) }
    #expect(error.code == .toolFailed)
    #expect(error.cause?.contains("snap1 (9)") == true)
    let missing = try await #require(throws: VolumeError.self) { try await metadata.mapping(of: 9) }
    #expect(missing.code == .unusableOutput)
    #expect(missing.cause == "it has no device 9")
  }

  @Test func refuseADifferentChunkSizeThanThePoolHas() async throws {
    var random = SeededRandom(seed: 9)
    _ = try await restore(ThinModel.random(&random, blocks: 20))
    let pool = try #require(VolumeName(parsing: "vg/pool"))
    let metadata = ThinMetadata(
      of: MetadataPool(name: pool, uuid: "u", chunkSize: 131_072), on: "\(scratch.path)/metadata", ofActivePool: false,
      tools: tools)
    let error = try await #require(throws: VolumeError.self) { try await metadata.difference(from: 1, to: 2) }
    #expect(error.cause == "its blocks have 65536 bytes, the pool's chunks 131072")
  }
}
