import Glibc

/// Looks a program up on `PATH`, as execvp(3) does, without starting a process for each directory of it.
struct ProgramPath {
  /// The value of `PATH`.
  let directories: String

  /// The first file of that name that may be executed.
  ///
  /// - Returns: nil if there is none. Whether it can be started, only starting it tells.
  func find(_ name: String) -> String? {
    for directory in directories.split(separator: ":", omittingEmptySubsequences: false) {
      // An empty entry is the working directory (environ(7)).
      let path = directory.isEmpty ? "./\(name)" : "\(directory)/\(name)"
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(path, X_OK) == 0 else { continue }
      return path
    }
    return nil
  }
}
