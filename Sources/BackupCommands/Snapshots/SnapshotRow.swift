import BackupModel
import VolumeSnapshots

/// A volume snapshot as `snapshots list` prints it.
struct SnapshotRow: Encodable {
  let name: VolumeName
  let volume: VolumeName?
  let created: Timestamp?
  let run: String?
  let schedule: String?
  /// Why it is there: `base` of the next difference, `unfinished`, or nothing special.
  let isBase: Bool
  let isUnfinished: Bool
  /// Whether it was made for an archive only, so that it goes when it is no base any more.
  let isForArchive: Bool
  let mapped: ByteCount?
  let exclusive: ByteCount?

  init(_ snapshot: VolumeSnapshot, exclusive: ByteCount?) {
    name = snapshot.name
    volume = snapshot.originName
    created = snapshot.created
    run = snapshot.tags.run
    schedule = snapshot.tags.schedule
    isBase = snapshot.tags.isBase
    isUnfinished = snapshot.tags.isUnfinished
    isForArchive = snapshot.tags.purpose == .archive
    mapped = snapshot.volume.mappedBytes
    self.exclusive = exclusive
  }

  private enum CodingKeys: String, CodingKey {
    case name, volume, created, run, schedule, isBase, isUnfinished, isForArchive, mapped, exclusive
  }

  /// Encodes names as they are typed, sizes in bytes.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name.description, forKey: .name)
    try container.encodeIfPresent(volume?.description, forKey: .volume)
    try container.encodeIfPresent(created, forKey: .created)
    try container.encodeIfPresent(run, forKey: .run)
    try container.encodeIfPresent(schedule, forKey: .schedule)
    try container.encode(isBase, forKey: .isBase)
    try container.encode(isUnfinished, forKey: .isUnfinished)
    try container.encode(isForArchive, forKey: .isForArchive)
    try container.encodeIfPresent(mapped?.bytes, forKey: .mapped)
    try container.encodeIfPresent(exclusive?.bytes, forKey: .exclusive)
  }

  private var notes: String {
    var notes: [String] = []
    if isBase { notes.append("base of the next difference") }
    if isUnfinished { notes.append("unfinished") }
    if isForArchive, !isBase { notes.append("made for an archive") }
    return notes.joined(separator: ", ")
  }

  /// The table.
  static func lines(_ rows: [SnapshotRow], now: Timestamp) -> [String] {
    var table = TextTable([
      ("SNAPSHOT", .left), ("OF", .left), ("AGE", .right), ("COSTS", .right), ("BY", .left), ("", .left),
    ])
    for row in rows {
      table.add([
        row.name.description, row.volume?.volume ?? "?", row.created.map { AgeText.of($0, now: now) } ?? "?",
        row.exclusive.map(\.description) ?? "?", row.schedule ?? row.run ?? "hand", row.notes,
      ])
    }
    return table.lines
  }
}
