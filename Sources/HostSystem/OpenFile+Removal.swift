extension OpenFile {
  /// Removes everything in this directory, by descriptors, without following symbolic links or leaving the directory.
  ///
  /// - Throws: ``SystemError`` at the first thing that can't be removed.
  public func removeContents() throws(SystemError) {
    for name in try names() {
      do throws(SystemError) {
        try unlink(name)
      } catch {
        // EISDIR on Linux, EPERM by POSIX: a directory isn't unlinked.
        guard error.errno == 21 || error.errno == 1 else { throw error }
        let child = try open(name, .directory)
        try child.removeContents()
        try removeDirectory(name)
      }
    }
  }
}
