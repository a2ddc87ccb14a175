public import BackupModel
public import HostSystem

/// What a restore in place keeps on disk.
public enum KeptTree {
  /// The bytes that a part of a restore keeps.
  ///
  /// - Returns: nil if that isn't known, as of a volume, whose blocks others share.
  public static func bytes(of part: RestoreRecord.Part) -> ByteCount? {
    part.volume == nil ? bytes(in: part.place.bytes) : nil
  }

  /// The bytes that a directory and all below it take on the medium, files with several names counted for each.
  ///
  /// - Returns: nil if it isn't there or can't be walked.
  public static func bytes(in directory: PathBytes) -> ByteCount? {
    do {
      var bytes: Int64 = 0
      var isWhole = true
      try TreeWalker(root: try OpenFile.open(directory, .directory), rules: TreeWalker.Rules()).walk { batch in
        if !batch.problems.isEmpty { isWhole = false }
        for entry in batch.entries { bytes += entry.status.allocatedBytes }
      }
      return isWhole ? ByteCount(bytes) : nil
    } catch {
      // The size is only shown.
      return nil
    }
  }
}
