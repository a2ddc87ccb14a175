import BackupModel
import HostSystem
import VolumeSnapshots

/// The directory beside a tree in which a restore in place works: what is restored is made in it, and what was replaced is
/// kept in it.
///
/// Its name says whose it is. No archive ever holds one: a walk leaves directories of such a name out, and no such directory
/// becomes a source of its own.
public enum RestorePlace {
  private static let prefix = PathBytes(path: ".backupctl-restore-")
  /// The name in a place under which a tree is restored, and kept once it was exchanged.
  static let tree = PathBytes(path: "tree")

  /// The name of the place of one part of a restore, counted from 1.
  static func name(_ restore: RestoreID, part: Int) -> PathBytes { prefix + Array("\(restore)-\(part)".utf8) }

  /// The name of the volume that one part of a restore is made as, counted from 1.
  static func volumeName(_ restore: RestoreID, part: Int) -> PathBytes {
    PathBytes(path: "backupctl_restore_\(restore)_\(part)")
  }

  /// The names, in a volume's group, of what is made to take its place and of what is kept of it. No program takes them for
  /// a guest's disk.
  static func volumes(
    _ restore: RestoreID, part: Int, of volume: VolumeName
  ) -> (beside: VolumeName, kept: VolumeName) {
    let made = String(decoding: volumeName(restore, part: part), as: UTF8.self)
    // Letters, digits and `_` only, so they are names.
    return (volume.sibling(made) ?? volume, volume.sibling("backupctl_undo_\(restore)_\(part)") ?? volume)
  }

  /// Whether a directory of this name is such a place.
  public static func isName(_ name: some Collection<UInt8>) -> Bool {
    guard name.first == 0x2E, name.starts(with: prefix) else { return false }
    let rest = String(decoding: name.dropFirst(prefix.count), as: UTF8.self)
    guard let dash = rest.lastIndex(of: "-"), RestoreID(parsing: rest[..<dash]) != nil else { return false }
    let number = rest[rest.index(after: dash)...]
    return !number.isEmpty && number.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
  }
}
