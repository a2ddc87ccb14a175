/// A volume group.
public struct VolumeGroup: Hashable, Sendable {
  /// Its name.
  public let name: String
  /// Its UUID.
  public let uuid: String
  /// The sequence number of its metadata; grows with each change, unless old metadata are restored.
  public let sequence: Int

  /// Describes a group.
  public init(name: String, uuid: String, sequence: Int) {
    self.name = name
    self.uuid = uuid
    self.sequence = sequence
  }

  init(_ row: ReportRow) throws(VolumeError) {
    self.init(
      name: try row.filled("vg_name"), uuid: try row.filled("vg_uuid"), sequence: Int(try row.number("vg_seqno")))
  }
}
