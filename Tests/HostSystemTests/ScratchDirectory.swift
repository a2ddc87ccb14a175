import Foundation
import HostSystem

/// A directory of a test's own, removed at the end.
final class ScratchDirectory {
  let url: URL
  let directory: OpenFile

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "backupctl-host-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    directory = try OpenFile.open(Array(url.path.utf8), .directory)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)  // What can't be removed is left to the system.
  }

  func newFile(_ name: String, _ content: [UInt8] = []) throws -> OpenFile {
    let file = try directory.open(Array(name.utf8), .newFile(permissions: 0o600))
    try file.write(content)
    return file
  }
}
