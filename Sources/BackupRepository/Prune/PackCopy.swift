import BackupArchive
import BackupModel
import HostSystem

/// Copies the frames of packs that are needed into new packs, as they are: nothing is decompressed.
///
/// What is copied stays a tar stream. Of a run of frames that is needed as a whole all members stay what they were. Of a longer run of
/// which only some frames are needed, these become the data of a member `.backupctl/pieces/<pack>/<first frame>`: nothing extracts
/// anything wrong from it, and chunks are found by the table of contents as ever (`docs/format.md`, section 3).
final class PackCopy {
  /// Packs that aren't needed any more.
  struct Replaced {
    /// The pack that was sealed for them, if one was just then; all it holds is on the medium.
    let made: PackName?
    let packs: [PackName]
  }

  private struct Open {
    var writer: PackWriter<StoredPack>
    let file: any StorageFile
    let path: String
    let name: PackName
  }

  private let store: SourceStore
  private let encoder: FrameEncoder
  private let parameters: WriterParameters
  private let nameNext: (PackName) -> PackName
  private var open: Open?
  /// Packs all of whose needed frames are in ``open`` or in packs made before it.
  private var waiting: [PackName] = []
  private var replaced: [Replaced] = []

  /// Prepares copying.
  ///
  /// - Parameters:
  ///   - parameters: when a new pack is sealed.
  ///   - nameNext: gives a name that no pack ever had, for a pack whose first frames come from another.
  init(
    _ store: SourceStore, _ parameters: WriterParameters, nameNext: @escaping (PackName) -> PackName
  ) throws {
    self.store = store
    self.parameters = parameters
    self.nameNext = nameNext
    encoder = try FrameEncoder(level: parameters.compressionLevel)
  }

  /// Copies what is needed of a pack.
  ///
  /// - Throws: ``RepositoryError``; then what isn't sealed is worth nothing, see ``abandon()``; `CancellationError`.
  func add(_ use: PackUse, _ cancellation: Cancellation) throws {
    let reader = try store.openPack(use.pack)
    do {
      var chunks = Array(repeating: [FrameChunk](), count: reader.frames.count)
      try reader.forEachChunk { chunk in
        chunks[Int(chunk.frame)].append(
          FrameChunk(id: chunk.id, offset: Int(chunk.offset), length: Int(chunk.length)))
      }
      let runs = try reader.runs()
      for (first, next) in zip(runs, runs.dropFirst() + [reader.frames.count]) {
        let run = first..<min(next, reader.frames.count - 1)
        let needed = run.filter { use.liveFrames.contains($0) }
        guard !needed.isEmpty else { continue }
        try cancellation.check()
        if open == nil { try begin(use.pack) }
        if needed.count == run.count {
          for number in needed {
            try append(try reader.copiedFrame(number, chunks: chunks[number], beginsMember: number == first))
          }
        } else {
          try appendPieces(needed, of: reader, use.pack, chunks)
        }
        if let open, parameters.areReached(by: open.writer) { try seal() }
      }
    } catch let error as ArchiveError {
      throw RepositoryError(
        .damaged, "cannot copy from pack \(use.pack) of \(store.source): \(error.message)", cause: error.cause,
        hint: "run `backupctl verify \(store.source.name)` to see which points and paths are affected")
    } catch let error as SystemError {
      throw RepositoryError.reading("pack \(use.pack) of \(store.source)", error)
    }
    waiting.append(use.pack)
    if open == nil { handOver(nil) }
  }

  /// Frames of a run that has lost others: the data of a member of their own, in front of them its header, behind them what fills
  /// the last block of 512 bytes.
  private func appendPieces(
    _ numbers: [Int], of reader: PackReader, _ pack: PackName, _ chunks: [[FrameChunk]]
  ) throws {
    let size = numbers.reduce(Int64(0)) { $0 + Int64(reader.frames[$1].contentSize) }
    let serializer = try TarSerializer()
    try serializer.appendHeaderOnly(
      TarMember(
        path: Array(".backupctl/pieces/\(pack)/\(numbers[0])".utf8), kind: .file(size: size, dataRanges: nil),
        permissions: 0o600, modified: pack.point.begun))
    try append(try encoder.encode(serializer.output, chunks: [], beginsMember: true))
    for number in numbers {
      try append(try reader.copiedFrame(number, chunks: chunks[number], beginsMember: false))
    }
    let rest = Int(size % 512)
    guard rest > 0 else { return }
    try append(try encoder.encode([UInt8](repeating: 0, count: 512 - rest), chunks: [], beginsMember: false))
  }

  private func begin(_ source: PackName) throws {
    let name = nameNext(source)
    let path = "\(store.packsPath)/\(name.fileName)"
    let file = try store.storage.createFile(path + ".part")
    open = Open(writer: PackWriter(output: StoredPack(file: file)), file: file, path: path, name: name)
  }

  private func append(_ frame: EncodedFrame) throws { try open?.writer.append(frame) }

  /// Ends the pack that is being written, makes it durable, and hands over what it replaces.
  func seal() throws {
    guard var sealed = open else { return }
    try sealed.writer.finish(encoder)
    try sealed.file.synchronize()
    try sealed.file.close()
    try store.storage.publish(sealed.path)
    open = nil
    handOver(sealed.name)
  }

  private func handOver(_ made: PackName?) {
    replaced.append(Replaced(made: made, packs: waiting))
    waiting = []
  }

  /// What was replaced since the last call.
  func takeReplaced() -> [Replaced] {
    defer { replaced = [] }
    return replaced
  }

  /// Removes what isn't sealed.
  ///
  /// - Throws: ``RepositoryError`` `writeFailed`; then the next writer removes it.
  func abandon() throws {
    guard let open else { return }
    self.open = nil
    try store.storage.remove(open.path + ".part")
  }
}
