public import BackupModel

/// How much of the machine backups may take; what isn't set isn't limited.
public struct Limits: Hashable, Sendable {
  /// How many bytes of sources are read in a second at most, all tasks together; nil is as many as come.
  public var readRate: ByteCount?
  /// How many bytes are written to the repository in a second at most, all tasks together; nil is as many as come.
  public var writeRate: ByteCount?
  /// Above this share of time in which tasks of the machine wait for input and output (`some avg10` of
  /// `/proc/pressure/io`), reading slows down; nil is never.
  public var ioPressure: Percentage?
  /// How many threads read and compress, 1 to 256; nil is one for each processor.
  public var threads: Int?

  /// Makes limits; without arguments nothing is limited.
  public init(
    readRate: ByteCount? = nil, writeRate: ByteCount? = nil, ioPressure: Percentage? = nil, threads: Int? = nil
  ) {
    self.readRate = readRate
    self.writeRate = writeRate
    self.ioPressure = ioPressure
    self.threads = threads
  }

  /// Reads the mapping `limits`.
  init(_ node: DocumentNode) throws(PolicyError) {
    self.init()
    let mapping = try node.mapping(allowing: ["read-rate", "write-rate", "io-pressure", "threads"])
    readRate = try mapping["read-rate"]?.byteRate()
    writeRate = try mapping["write-rate"]?.byteRate()
    ioPressure = try mapping["io-pressure"]?.percentage(in: Percentage(percent: 1) ... .whole)
    if let node = mapping["threads"], node.content != .scalar("auto", isQuoted: false) {
      threads = try node.int(in: 1...256, or: "auto")
    }
  }
}

extension DocumentNode {
  /// The value as a number of bytes in a second: `80MiB` or `80MiB/s`, 64 KiB to 1 TiB.
  ///
  /// Less would make a run of usual size outlast the next one's start.
  fileprivate func byteRate() throws(PolicyError) -> ByteCount {
    guard case .scalar(let text, _) = content,
      let rate = ByteCount(parsing: text.hasSuffix("/s") ? text.dropLast(2) : text[...]),
      (ByteCount.kibibytes(64)...ByteCount.gibibytes(1024)).contains(rate)
    else { throw unexpected(expected: "a number of bytes in a second such as `80MiB`, from 64KiB to 1TiB") }
    return rate
  }
}
