extension OpenFile {
  /// Puts a file of some content in the place of a name in this directory, durably and all at once.
  ///
  /// The content is written to `NAME.part`, synced and renamed; a reader sees the old file or the new one, also after
  /// a crash. A part that a crash left behind is overwritten.
  ///
  /// - Throws: ``SystemError``; the old file is unharmed then, and the part is removed if that is possible.
  public func replaceFile(
    _ name: PathBytes, with content: some Collection<UInt8>, permissions: UInt32
  ) throws(SystemError) {
    let part = name + Array(".part".utf8)
    do throws(SystemError) {
      try unlink(part)
    } catch {
      guard error.isMissing else { throw error }
    }
    let file = try open(part, .newFile(permissions: permissions))
    do throws(SystemError) {
      try file.setPermissions(permissions)
      try file.write(content)
      try file.synchronize()
      try file.close()
      try rename(part, to: name)
    } catch {
      // What failed matters more than the part, which the next replacement removes.
      try? unlink(part)
      throw error
    }
    try synchronize()
  }
}
