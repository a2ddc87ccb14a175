import BackupArchive
import BackupModel
import HostSystem

/// Frames between one place where a member begins and the next, for another pack.
struct CopiedRun {
  /// A frame of it.
  struct Frame {
    let number: Int
    /// How many bytes it decompresses to.
    let contentSize: Int
  }

  /// The pack in which they are.
  let pack: PackName
  /// Whether these are all frames of the run.
  let isWhole: Bool
  let frames: [Frame]
}

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
  private let pacer: Pacer?
  private let nameNext: (PackName) -> PackName
  private var open: Open?
  /// Packs all of whose needed frames are in ``open`` or in packs made before it.
  private var waiting: [PackName] = []
  private var replaced: [Replaced] = []

  /// Prepares copying.
  ///
  /// - Parameters:
  ///   - parameters: when a new pack is sealed.
  ///   - pacer: is told of each frame that was read or written; nil if nothing is limited.
  ///   - nameNext: gives a name that no pack ever had, for a pack whose first frames come from another.
  init(
    _ store: SourceStore, _ parameters: WriterParameters, pacer: Pacer? = nil,
    nameNext: @escaping (PackName) -> PackName
  ) throws {
    self.store = store
    self.parameters = parameters
    self.pacer = pacer
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
        try append(
          CopiedRun(
            pack: use.pack, isWhole: needed.count == run.count,
            frames: needed.map { CopiedRun.Frame(number: $0, contentSize: Int(reader.frames[$0].contentSize)) })
        ) { number, beginsMember in
          let frame = try reader.copiedFrame(number, chunks: chunks[number], beginsMember: beginsMember)
          pacer?.didRead(frame.bytes.count)
          return frame
        }
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

  /// Copies frames of a run.
  ///
  /// - Parameter read: gives the frame of a number, and is told whether it begins a member.
  /// - Throws: what `read` throws; ``RepositoryError`` `writeFailed`; ``ArchiveError``.
  func append(_ run: CopiedRun, read: (_ number: Int, _ beginsMember: Bool) throws -> EncodedFrame) throws {
    if open == nil { try begin(run.pack) }
    if run.isWhole {
      for frame in run.frames { try append(try read(frame.number, frame.number == run.frames.first?.number)) }
    } else {
      try appendPieces(run, read)
    }
    if let open, parameters.areReached(by: open.writer) { try seal() }
  }

  /// Frames of a run that has lost others: the data of a member of their own, in front of them its header, behind them what fills
  /// the last block of 512 bytes.
  private func appendPieces(_ run: CopiedRun, _ read: (Int, Bool) throws -> EncodedFrame) throws {
    let size = run.frames.reduce(Int64(0)) { $0 + Int64($1.contentSize) }
    let serializer = try TarSerializer()
    try serializer.appendHeaderOnly(
      TarMember(
        path: Array(".backupctl/pieces/\(run.pack)/\(run.frames.first?.number ?? 0)".utf8),
        kind: .file(size: size, dataRanges: nil), permissions: 0o600, modified: run.pack.point.begun))
    try append(try encoder.encode(serializer.output, chunks: [], beginsMember: true))
    for frame in run.frames { try append(try read(frame.number, false)) }
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

  private func append(_ frame: EncodedFrame) throws {
    try open?.writer.append(frame)
    pacer?.didWrite(frame.bytes.count)
  }

  /// Appends a chunk that was read from elsewhere, as a member of its own.
  ///
  /// - Parameter source: a pack after which a new one is named.
  func append(_ id: ChunkID, _ bytes: [UInt8], after source: PackName) throws {
    if open == nil { try begin(source) }
    let serializer = try TarSerializer()
    let member = TarMember(
      path: Array(".backupctl/repaired/\(id)".utf8), kind: .file(size: Int64(bytes.count), dataRanges: nil),
      permissions: 0o600, modified: source.point.begun)
    let start = try serializer.append(member, data: bytes[...])
    try append(
      try encoder.encode(
        serializer.output, chunks: [FrameChunk(id: id, offset: start, length: bytes.count)], beginsMember: true))
    if let open, parameters.areReached(by: open.writer) { try seal() }
  }

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
