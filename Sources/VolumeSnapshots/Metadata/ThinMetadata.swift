/// Reads the metadata of a pool through thin_ls, thin_dump and thin_delta.
///
/// Of an active pool only its metadata snapshot can be read, while ``MetadataHolds`` holds it.
public struct ThinMetadata: Sendable {
  private let tools: any ToolRunning
  private let pool: MetadataPool
  private let device: String
  private let ofActivePool: Bool

  /// Reads a device, or a file, with the metadata of a pool.
  ///
  /// - Parameter ofActivePool: read the metadata snapshot in it; the metadata themselves change while they are read.
  public init(of pool: MetadataPool, on device: String, ofActivePool: Bool = true, tools: any ToolRunning) {
    self.tools = tools
    self.pool = pool
    self.device = device
    self.ofActivePool = ofActivePool
  }

  /// All thin devices of the pool, by their ids; cheap, since no mappings are read.
  ///
  /// - Throws: ``VolumeError`` `toolFailed`, `unusableOutput`; as ``ToolRunning/run(_:_:input:timeLimit:)``.
  public func devices() async throws -> [Int: ThinDevice] {
    try await read(ThinDevicesDocument(chunkSize: pool.chunkSize), "thin_dump", ["--skip-mappings"])
  }

  /// What each thin device of the pool takes, by their ids.
  ///
  /// Reads the mappings of all of them: of a large pool that takes minutes.
  /// - Throws: as ``devices()``.
  public func usage() async throws -> [Int: ThinUsage] {
    let output = try await tools.output(
      of: "thin_ls", snapshotOption + ["--no-headers", "-o", ThinUsage.columns, device],
      to: "list the thin devices of the pool \(pool.name)", timeLimit: Self.timeLimit)
    do {
      return try ThinUsage.parse(output, chunkSize: pool.chunkSize)
    } catch let error as ThinXMLError {
      throw unusable("thin_ls", error)
    }
  }

  /// Where one device has blocks.
  ///
  /// - Throws: as ``devices()``.
  public func mapping(of thinID: Int) async throws -> ThinMapping {
    try await read(
      ThinMappingDocument(thinID: thinID, chunkSize: pool.chunkSize), "thin_dump", ["--dev-id", "\(thinID)"])
  }

  /// What has changed from one device to another.
  ///
  /// - Throws: as ``devices()``.
  public func difference(from base: Int, to thinID: Int) async throws -> ThinDifference {
    try await read(
      ThinDifferenceDocument(leftID: base, rightID: thinID, chunkSize: pool.chunkSize), "thin_delta",
      ["--snap1", "\(base)", "--snap2", "\(thinID)"])
  }

  /// Reading one device takes seconds, all of a large pool minutes; a tool that takes longer than this hangs.
  static let timeLimit = Duration.seconds(600)

  /// Always before another option: the C++ thin_delta and thin_dump take a block number after it.
  private var snapshotOption: [String] { ofActivePool ? ["--metadata-snap"] : [] }

  private func read<Document: ThinDocument>(
    _ document: Document, _ tool: String, _ arguments: [String]
  ) async throws -> Document.Content {
    let feed = ThinDocumentFeed(document)
    do {
      let result = try await tools.stream(
        tool, snapshotOption + arguments + [device], timeLimit: Self.timeLimit
      ) { try feed.read($0) }
      guard result.isSuccess else {
        throw VolumeError(
          .toolFailed, "cannot read the metadata of the pool \(pool.name): \(tool) \(result.end)",
          cause: result.lastWords.isEmpty ? nil : result.lastWords.prefix(3).joined(separator: " | "))
      }
      return try feed.finish()
    } catch let error as ThinXMLError {
      throw unusable(tool, error)
    }
  }

  private func unusable(_ tool: String, _ error: ThinXMLError) -> VolumeError {
    VolumeError(
      .unusableOutput, "cannot read the metadata of the pool \(pool.name): the output of \(tool) can't be understood",
      cause: error.reason, hint: "see what it says: `\(tool) -V`, and check the metadata as thin_check(8) says")
  }
}
