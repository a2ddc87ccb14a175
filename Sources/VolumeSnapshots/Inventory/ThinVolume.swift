public import BackupModel

/// A thin volume, which a snapshot is too.
public struct ThinVolume: Hashable, Sendable {
  /// What may be done with the volume's content.
  public enum Permission: Hashable, Sendable {
    /// Reading and writing.
    case writable
    /// Reading only, by its own setting.
    case readOnly
    /// Reading only by an override of the host's configuration; its own setting would allow writing.
    case readOnlyByOverride
  }

  /// Its name.
  public var name: VolumeName
  /// Its UUID.
  public var uuid: String
  /// Bytes of the volume.
  public var size: ByteCount
  /// The pool that it is in.
  public var pool: VolumeName
  /// The UUID of the pool.
  public var poolUUID: String
  /// The volume that it was made of, if that is still there.
  public var origin: VolumeName?
  /// The UUID of the volume that it was made of, if that is still there.
  public var originUUID: String?
  /// Its number in the pool; numbers are reused after removal.
  public var thinID: Int
  /// The pool's transaction when it was made.
  public var transaction: Int
  /// Whether it is active.
  public var isActive: Bool
  /// Whether its device is open, by a mount or a program.
  public var isOpen: Bool
  /// Whether its device is suspended: reads and writes wait.
  public var isSuspended: Bool
  /// What may be done with it.
  public var permission: Permission
  /// Whether it stays inactive unless asked for with `-K`.
  public var skipsActivation: Bool
  /// LVM's word for what is wrong with it (`lv_health_status`); nil if nothing is.
  public var trouble: String?
  /// When it was made, by LVM's clock, to the second; nil if LVM doesn't know.
  public var created: Timestamp?
  /// How much of its size is mapped; nil while it isn't active.
  public var mappedLevel: FillLevel?
  /// Its tags.
  public var tags: [String]

  init(_ row: ReportRow) throws(VolumeError) {
    name = try row.volumeName()
    uuid = try row.filled("lv_uuid")
    size = try row.bytes("lv_size")
    guard let pool = try row.volumeNameIfAny("pool_lv") else { throw row.unusable("pool_lv", "") }
    self.pool = pool
    poolUUID = try row.filled("pool_lv_uuid")
    origin = try row.volumeNameIfAny("origin")
    let originUUID = try row.text("origin_uuid")
    self.originUUID = originUUID.isEmpty ? nil : originUUID
    thinID = Int(try row.number("thin_id"))
    transaction = Int(try row.number("transaction_id"))
    isActive = try row.isSet("lv_active", word: "active")
    isOpen = try row.isSet("lv_device_open", word: "open")
    isSuspended = try row.isSet("lv_suspended", word: "suspended")
    // The second letter of the attributes; `lv_permissions` is unknown for a writable volume that isn't active (tried).
    let attributes = try row.text("lv_attr")
    permission =
      switch attributes.dropFirst().first {
      case "w": .writable
      case "r": .readOnly
      case "R": .readOnlyByOverride
      default: throw row.unusable("lv_attr", attributes)
      }
    skipsActivation = try row.isSet("lv_skip_activation", word: "skip activation")
    let trouble = try row.text("lv_health_status")
    self.trouble = trouble.isEmpty ? nil : trouble
    created = try row.time("lv_time")
    mappedLevel = try row.level("data_percent")
    tags = try row.items("lv_tags")
  }

  /// Bytes that are mapped, to the hundredth of a percent that LVM prints; nil while it isn't active.
  public var mappedBytes: ByteCount? {
    mappedLevel.map { ByteCount(Int64((Double(size.bytes) * Double($0.millionths) / 1_000_000).rounded())) }
  }
}
