public import BackupModel

/// A thin pool, as LVM and the kernel describe it.
public struct ThinPool: Hashable, Sendable {
  /// What LVM says of the pool's health (`lv_health_status`, lvs(8)).
  public enum Health: Hashable, Sendable {
    /// Nothing is known to be wrong.
    case ok
    /// No data block is free: writes wait or fail.
    case outOfData
    /// The metadata can't be changed: no snapshot can be made or removed.
    case readOnly
    /// The kernel gave the pool up.
    case failed
    /// Something else, such as a missing disk, in LVM's word.
    case other(String)
  }

  /// Its name.
  public var name: VolumeName
  /// Its UUID.
  public var uuid: String
  /// Bytes for data.
  public var size: ByteCount
  /// Bytes of one chunk, the unit of mapping.
  public var chunkSize: ByteCount
  /// Bytes for metadata.
  public var metadataSize: ByteCount
  /// How full the data are; nil while the pool isn't active.
  public var dataLevel: FillLevel?
  /// How full the metadata are; nil while the pool isn't active.
  public var metadataLevel: FillLevel?
  /// LVM's count of changes of the pool.
  public var transaction: Int
  /// Whether it is active in the kernel.
  public var isActive: Bool
  /// Whether it is suspended; then commands that change it wait.
  public var isSuspended: Bool
  /// Whether its metadata must be checked before it may be changed again (`needs_check`).
  public var needsCheck: Bool
  /// Its health.
  public var health: Health

  init(_ row: ReportRow) throws(VolumeError) {
    name = try row.volumeName()
    uuid = try row.filled("lv_uuid")
    size = try row.bytes("lv_size")
    chunkSize = try row.bytes("chunk_size")
    metadataSize = try row.bytes("lv_metadata_size")
    dataLevel = try row.level("data_percent")
    metadataLevel = try row.level("metadata_percent")
    transaction = Int(try row.number("transaction_id"))
    isActive = try row.isSet("lv_active", word: "active")
    isSuspended = try row.isSet("lv_suspended", word: "suspended")
    needsCheck = try row.isSet("lv_check_needed", word: "check needed")
    health =
      switch try row.text("lv_health_status") {
      case "": .ok
      case "out_of_data": .outOfData
      case "metadata_read_only": .readOnly
      case "failed": .failed
      case let word: .other(word)
      }
  }
}
