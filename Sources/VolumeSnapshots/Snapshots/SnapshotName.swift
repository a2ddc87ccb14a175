public import BackupModel

/// The names of our snapshots: `<volume>_snap_<YYYYmmdd_HHMM>` in UTC.
///
/// A name is for people. Whose snapshot it is, and of what, is told by its tags.
public enum SnapshotName {
  /// The most bytes of a device's name, hyphens doubled, that the kernel takes (`DM_NAME_LEN` less its end, dm-ioctl.h).
  static let longestMapperName = 127
  /// The most bytes of a group's and a volume's name together that LVM takes (lvm2, `vg_validate`: with 3 more less than `NAME_LEN`).
  static let longestTogether = 124

  /// Finds a free name for a snapshot of a volume.
  ///
  /// If the name is taken, `_2`, `_3` … follows. If it would be longer than LVM or, with its hyphens doubled, device-mapper
  /// takes, the volume's part is cut and followed by a point and 16 hexadecimal digits of the FNV-1a hash of the whole, so that
  /// volumes with a long common beginning stay apart.
  /// - Parameter taken: the names that are in use.
  /// - Throws: ``VolumeError`` `refused` if the group's name is so long that no such name fits.
  public static func next(
    for volume: VolumeName, at time: Timestamp, taken: Set<VolumeName>
  ) throws(VolumeError) -> VolumeName {
    try next(for: volume, ending: "_snap_\(stamp(time))", taken: taken)
  }

  /// Finds a free name that ends in a given way; as ``next(for:at:taken:)``.
  static func next(
    for volume: VolumeName, ending: String, taken: Set<VolumeName>
  ) throws(VolumeError) -> VolumeName {
    var count = 1
    while true {
      let name = try shortened(volume, ending: count == 1 ? ending : "\(ending)_\(count)")
      if !taken.contains(name) { return name }
      count += 1
    }
  }

  /// Finds a free name for a volume into which an image is restored to be looked at: `backupctl_drill_<what>`.
  ///
  /// - Parameter what: tells people whose image it is; if it is too long or no name for LVM, its hash stands there.
  /// - Throws: ``VolumeError`` `refused` if the group's name is so long that no such name fits.
  public static func drill(
    of what: String, in group: String, taken: Set<VolumeName>
  ) throws(VolumeError) -> VolumeName {
    for part in [what, String(hash(what), radix: 16)] {
      guard let name = VolumeName(group: group, volume: "backupctl_drill_\(part)"), fits(name) else { continue }
      return try next(for: name, ending: "", taken: taken)
    }
    throw VolumeError(
      .refused, "cannot name a volume for a drill in \(group): with the group's name no name is short enough for LVM",
      hint: "run `vgrename \(group) SHORTER`")
  }

  private static func shortened(_ volume: VolumeName, ending: String) throws(VolumeError) -> VolumeName {
    if let whole = volume.sibling(volume.volume + ending), fits(whole) { return whole }
    let digits = String(hash(volume.volume), radix: 16)
    let mark = "." + String(repeating: "0", count: 16 - digits.count) + digits
    var start = Substring(volume.volume)
    while !start.isEmpty {
      start.removeLast()
      if let name = volume.sibling(start + mark + ending), fits(name) { return name }
    }
    throw VolumeError(
      .refused, "cannot name a snapshot of \(volume): with the group's name no name is short enough for LVM",
      cause: "a device's name has at most \(longestMapperName) bytes, hyphens count twice",
      hint: "run `vgrename \(volume.group) SHORTER`")
  }

  private static func fits(_ name: VolumeName) -> Bool {
    name.mapperName.utf8.count <= longestMapperName
      && name.group.utf8.count + name.volume.utf8.count <= longestTogether
  }

  private static func stamp(_ time: Timestamp) -> String {
    let at = time.calendar
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(at.year)\(two(at.month))\(two(at.day))_\(two(at.hour))\(two(at.minute))"
  }

  /// FNV-1a with 64 bits (Fowler, Noll, Vo): spreads names, protects nothing.
  private static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}
