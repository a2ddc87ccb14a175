/// A thin pool, as those who read its metadata have to know it.
public struct MetadataPool: Hashable, Sendable {
  /// Group and name.
  public let name: VolumeName
  /// The pool's own UUID.
  public let uuid: String
  /// Bytes of one of its chunks.
  public let chunkSize: Int64

  /// Describes a pool.
  public init(name: VolumeName, uuid: String, chunkSize: Int64) {
    self.name = name
    self.uuid = uuid
    self.chunkSize = chunkSize
  }

  /// The name of the device that takes messages.
  ///
  /// LVM puts a second device of the pool's own name above it once the pool has volumes; that one takes none.
  public static func messageDevice(of pool: VolumeName) -> String { "\(pool.mapperName)-tpool" }

  /// The node of the device that the metadata are on.
  public static func metadataDevice(of pool: VolumeName) -> String { "\(pool.devicePath)_tmeta" }
}
