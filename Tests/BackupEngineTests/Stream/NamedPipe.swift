import Foundation
import HostSystem

/// Makes a named pipe through which a program of a test says that it is there.
func makeFIFO(_ name: String, in directory: String) throws {
  try OpenFile.open(PathBytes(path: directory), .directory).makeNode(
    PathBytes(path: name), kind: .fifo, permissions: 0o600, device: DeviceNumber(major: 0, minor: 0))
}

/// Waits until somebody has written into a named pipe and gone, and gives what it was.
func awaitLine(of name: String, in directory: String) async throws -> String {
  try await withWorkerThread {
    let file = try OpenFile.open(PathBytes(path: "\(directory)/\(name)"), .readOwn)
    var bytes: [UInt8] = []
    while try file.readNext(atMost: 4096, appendingTo: &bytes) != 0 {}
    return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
