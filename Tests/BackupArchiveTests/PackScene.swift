import BackupArchive
import BackupModel
import Foundation
import HostSystem

/// Bytes kept in memory, as a pack is written to.
final class MemoryOutput: PackOutput {
  private(set) var bytes: [UInt8] = []
  func write(_ bytes: [UInt8]) { self.bytes += bytes }
}

/// Makes packs and opens them from a temporary file.
enum PackScene {
  static func temporaryURL() -> URL {
    FileManager.default.temporaryDirectory.appending(path: "backupctl-pack-\(UUID().uuidString)")
  }

  /// An open file with these bytes, whose name is gone already.
  static func file(_ bytes: [UInt8]) throws -> OpenFile {
    let url = temporaryURL()
    let file = try OpenFile.open(Array(url.path.utf8), .newFile(permissions: 0o600))
    try file.write(bytes)
    try FileManager.default.removeItem(at: url)
    return file
  }

  static func reader(_ bytes: [UInt8]) throws -> PackReader { try PackReader(try file(bytes)) }

  /// A pack whose frames hold files of these contents, `perFrame` in each.
  static func pack(_ contents: [[UInt8]], perFrame: Int = 4) throws -> [UInt8] {
    let output = MemoryOutput()
    var writer = PackWriter(output: output)
    let encoder = try FrameEncoder(level: 3)
    for start in stride(from: 0, to: contents.count, by: perFrame) {
      let serializer = try TarSerializer()
      var chunks: [FrameChunk] = []
      for (number, content) in contents[start..<min(start + perFrame, contents.count)].enumerated() {
        let member = TarMember(
          path: Array("file-\(start + number)".utf8), kind: .file(size: Int64(content.count), dataRanges: nil),
          permissions: 0o644, modified: Timestamp(seconds: 1))
        let offset = try serializer.append(member, data: content[...])
        if !content.isEmpty {
          chunks.append(FrameChunk(id: ChunkID(of: content), offset: offset, length: content.count))
        }
      }
      try writer.append(try encoder.encode(serializer.output, chunks: chunks, beginsMember: true))
    }
    try writer.finish(encoder)
    return output.bytes
  }

  /// The bytes of a chunk, by the table of contents.
  static func chunk(_ id: ChunkID, in reader: PackReader, _ decompressor: FrameDecompressor) throws -> [UInt8]? {
    guard let record = try reader.location(of: id) else { return nil }
    var content: [UInt8] = []
    try reader.readFrame(Int(record.frame), with: decompressor, into: &content)
    return Array(content[Int(record.offset)..<Int(record.offset + record.length)])
  }
}
