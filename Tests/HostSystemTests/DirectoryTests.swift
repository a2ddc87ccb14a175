import HostSystem
import Testing

struct DirectoryTests {
  /// A new directory below the system's temporary one.
  private func newDirectory() throws -> OpenFile {
    let parent = try OpenFile.open(Array("/tmp".utf8), .directoryFollowing)
    let name = Array("backupctl-test-\(SystemClock().now().seconds)-\(SystemClock().elapsed())".utf8)
    try parent.makeDirectory(name, permissions: 0o700)
    return try parent.open(name, .directory)
  }

  @Test func listsTheSameNamesWhenListedAgain() throws {
    let directory = try newDirectory()
    try directory.makeDirectory(Array("a".utf8), permissions: 0o700)
    #expect(try directory.names() == [Array("a".utf8)])
    #expect(try directory.names() == [Array("a".utf8)])
    try directory.removeContents()
    #expect(try directory.names() == [])
    try remove(directory)
  }

  @Test func removesATreeWithoutFollowingLinks() throws {
    let directory = try newDirectory()
    let outside = try newDirectory()
    try outside.makeDirectory(Array("kept".utf8), permissions: 0o700)
    try directory.makeDirectory(Array("d".utf8), permissions: 0o700)
    let child = try directory.open(Array("d".utf8), .directory)
    try child.makeSymbolicLink(Array("link".utf8), target: Array(outside.path.utf8))
    try directory.removeContents()
    #expect(try directory.names() == [])
    #expect(try outside.names() == [Array("kept".utf8)])
    try outside.removeContents()
    try remove(outside)
    try remove(directory)
  }

  private func remove(_ directory: OpenFile) throws {
    try OpenFile.open(Array("/".utf8), .directory).removeDirectory(Array(directory.path.utf8))
  }
}
