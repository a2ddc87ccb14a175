import Foundation
import HostSystem

/// An open file without a name.
enum FuzzFile {
  static func open(_ bytes: [UInt8]) throws -> OpenFile {
    let url = FileManager.default.temporaryDirectory.appending(path: "backupctl-fuzz-\(UUID().uuidString)")
    let file = try OpenFile.open(Array(url.path.utf8), .newFile(permissions: 0o600))
    try file.write(bytes)
    try FileManager.default.removeItem(at: url)
    return file
  }
}
