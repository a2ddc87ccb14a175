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
    defer { try? OpenFile.open(Array("/".utf8), .directory).removeDirectory(Array(directory.path.utf8)) }  // leftovers in /tmp harm nothing
    try directory.makeDirectory(Array("a".utf8), permissions: 0o700)
    #expect(try directory.names() == [Array("a".utf8)])
    #expect(try directory.names() == [Array("a".utf8)])
    try directory.removeContents()
    #expect(try directory.names() == [])
  }

  @Test func removesATreeWithoutFollowingLinks() throws {
    let directory = try newDirectory()
    defer { try? OpenFile.open(Array("/".utf8), .directory).removeDirectory(Array(directory.path.utf8)) }  // leftovers in /tmp harm nothing
    let outside = try newDirectory()
    defer { try? OpenFile.open(Array("/".utf8), .directory).removeDirectory(Array(outside.path.utf8)) }  // leftovers in /tmp harm nothing
    try outside.makeDirectory(Array("kept".utf8), permissions: 0o700)
    try directory.makeDirectory(Array("d".utf8), permissions: 0o700)
    let child = try directory.open(Array("d".utf8), .directory)
    try child.makeSymbolicLink(Array("link".utf8), target: Array(outside.path.utf8))
    try directory.removeContents()
    #expect(try directory.names() == [])
    #expect(try outside.names() == [Array("kept".utf8)])
    try outside.removeContents()
  }
}
