public import BackupModel

/// How archives are made; every parameter has a default.
public struct ArchiveParameters: Hashable, Sendable {
  /// The zstd level, 1 to 19; 2 unless set.
  public var compressionLevel: Int
  /// How much of a tar stream goes into one frame, 64 KiB to 64 MiB; 2 MiB unless set.
  public var frameSize: ByteCount
  /// How large a pack grows before it is sealed, 1 MiB to 1 TiB; 4 GiB unless set.
  public var packSize: ByteCount
  /// The average chunk of a large file, a power of two from 64 KiB to 16 MiB; 512 KiB unless set.
  public var chunkSize: ByteCount
  /// A point whose entries or bytes fell below this share of the previous one's is suspicious; 50 % unless set,
  /// 0 % turns the check off.
  public var suspiciousBelow: Percentage

  /// Makes parameters; those not given have their defaults.
  public init(
    compressionLevel: Int = 2, frameSize: ByteCount = .mebibytes(2), packSize: ByteCount = .gibibytes(4),
    chunkSize: ByteCount = .kibibytes(512), suspiciousBelow: Percentage = Percentage(percent: 50)
  ) {
    self.compressionLevel = compressionLevel
    self.frameSize = frameSize
    self.packSize = packSize
    self.chunkSize = chunkSize
    self.suspiciousBelow = suspiciousBelow
  }

  private static let keys: Set<String> = [
    "compression-level", "frame-size", "pack-size", "chunk-size", "suspicious-below",
  ]

  /// Reads the mapping `parameters`.
  init(_ node: DocumentNode) throws(PolicyError) {
    self.init()
    for (name, value) in try node.entries() where name == "threads" {
      throw PolicyError(
        at: value.location, "unknown key `threads` in `parameters`",
        hint: "it moved to `limits`: write `limits: {threads: …}` beside `parameters`")
    }
    let mapping = try node.mapping(allowing: Self.keys)
    compressionLevel = try mapping["compression-level"]?.int(in: 1...19) ?? compressionLevel
    frameSize = try mapping["frame-size"]?.byteCount(in: .kibibytes(64) ... .mebibytes(64)) ?? frameSize
    packSize = try mapping["pack-size"]?.byteCount(in: .mebibytes(1) ... .gibibytes(1024)) ?? packSize
    chunkSize = try mapping["chunk-size"]?.byteCount(in: .kibibytes(64) ... .mebibytes(16)) ?? chunkSize
    suspiciousBelow = try mapping["suspicious-below"]?.percentage() ?? suspiciousBelow
    // The chunker would round it down without a word, and `config show` would print what isn't in effect.
    if let node = mapping["chunk-size"], chunkSize.bytes.nonzeroBitCount != 1 {
      throw node.unexpected(expected: "a power of two such as `512KiB` or `1MiB`")
    }
    guard packSize >= frameSize else {
      throw PolicyError(
        at: node.location,
        "`pack-size` \(packSize.exactText) is smaller than `frame-size` \(frameSize.exactText), "
          + "but a pack holds at least one frame")
    }
  }
}
