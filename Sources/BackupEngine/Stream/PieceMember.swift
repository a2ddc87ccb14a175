import BackupArchive
import BackupModel
import BackupRepository

/// The reserved members that hold a stream's content piece by piece, so that joined in order of their names they are all of it.
struct PieceMember: Sendable {
  /// A member without a size: that of the slice is its size.
  let member: TarMember

  /// Names the member for what begins at an offset of the stream.
  init(of entry: IndexEntry, at offset: Int64, point: RecoveryPointID) {
    let digits = String(offset)
    let place = String(repeating: "0", count: max(0, 20 - digits.count)) + digits
    member = TarMember(
      path: Array(".backupctl/stream/\(point)/".utf8) + entry.path + Array("/\(place)".utf8),
      kind: .file(size: 0, dataRanges: nil), permissions: entry.permissions, modified: entry.modified)
  }
}
