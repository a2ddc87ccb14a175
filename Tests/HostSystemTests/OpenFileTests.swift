import BackupModel
import Foundation
import HostSystem
import Testing

@Suite struct OpenFileTests {
  @Test func readsWhatWasWrittenAtAnyPlace() throws {
    let scratch = try ScratchDirectory()
    let file = try scratch.newFile("file")
    try file.write([1, 2, 3])
    try file.write([4, 5])
    try file.write([9, 9][...], at: 1)
    #expect(try file.contents(at: 0, count: 100) == [1, 9, 9, 4, 5])
    #expect(try file.contents(at: 4, count: 100) == [5])
    #expect(try file.contents(at: 99, count: 1).isEmpty)
    var buffer: [UInt8] = [7]
    #expect(try file.read(at: 3, count: 10, appendingTo: &buffer) == 2)
    #expect(buffer == [7, 4, 5])
    var fixed = [UInt8](repeating: 0, count: 4)
    #expect(try file.read(at: 0, into: &fixed, from: 1, count: 2) == 2)
    #expect(fixed == [0, 1, 9, 0])
  }

  @Test func dataRangesCoverTheDataAndNothingPastTheSize() throws {
    let scratch = try ScratchDirectory()
    let file = try scratch.newFile("sparse")
    try file.setSize(10 << 20)
    let block = [UInt8](repeating: 1, count: 65_536)
    try file.write(block[...], at: 1 << 20)
    try file.write(block[...], at: 5 << 20)
    let ranges = try file.dataRanges(size: 10 << 20)
    #expect(ranges.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= 10 << 20 && !$0.isEmpty })
    #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
    for offset in [Int64(1 << 20), 5 << 20] {
      #expect(ranges.contains { $0.lowerBound <= offset && $0.upperBound >= offset + 65_536 })
    }
    let stored = ranges.reduce(0) { $0 + $1.upperBound - $1.lowerBound }
    #expect(stored < 2 << 20, "the file system of the temporary directory has holes")
    #expect(try file.dataRanges(size: 1 << 20).allSatisfy { $0.upperBound <= 1 << 20 })
    #expect(try file.dataRanges(size: 0).isEmpty)
  }

  @Test func listsEveryNameOnceHoweverManyThereAre() throws {
    let scratch = try ScratchDirectory()
    var expected: Set<[UInt8]> = []
    for number in 0..<1500 {
      let name = Array("\(number)-".utf8) + [UInt8](repeating: 0xFF, count: number % 200)
      _ = try scratch.directory.open(name, .newFile(permissions: 0o600))
      expected.insert(name)
    }
    let names = try scratch.directory.names()
    #expect(names.count == 1500)
    #expect(Set(names) == expected)
  }

  @Test func statusTellsKindsApart() throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory
    try scratch.newFile("file", [1, 2, 3]).close()
    try directory.makeDirectory(Array("dir".utf8), permissions: 0o750)
    try directory.makeSymbolicLink(Array("link".utf8), target: Array("nowhere".utf8))
    try directory.makeNode(
      Array("pipe".utf8), kind: .fifo, permissions: 0o600, device: DeviceNumber(major: 0, minor: 0))
    try directory.makeHardLink(Array("file".utf8), in: directory, newName: Array("twin".utf8))
    func status(_ name: String) throws -> FileStatus { try directory.status(of: Array(name.utf8)) }
    #expect(try status("file").kind == .file)
    #expect(try status("file").size == 3)
    #expect(try status("file").links == 2)
    #expect(try status("twin").inode == status("file").inode)
    #expect(try status("dir").kind == .directory)
    #expect(try status("link").kind == .symbolicLink)
    #expect(try status("pipe").kind == .fifo)
    #expect(try directory.linkTarget(of: Array("link".utf8)) == Array("nowhere".utf8))
    let missing = #expect(throws: SystemError.self) { try status("missing") }
    #expect(missing?.isMissing == true)
  }

  @Test(arguments: [
    Timestamp(seconds: -2_000_000_000, nanoseconds: 999_999_999), Timestamp(seconds: -1, nanoseconds: 500_000_000),
    Timestamp(seconds: 0), Timestamp(seconds: 1_795_323_600, nanoseconds: 1),
    Timestamp(seconds: 4_294_967_296, nanoseconds: 123_456_789),
  ])
  func setsModificationTimesToTheNanosecond(time: Timestamp) throws {
    let scratch = try ScratchDirectory()
    let file = try scratch.newFile("file")
    try file.setModified(time)
    #expect(try file.status().modified == time)
  }

  @Test func opensNothingOutsideWhenConfined() throws {
    let scratch = try ScratchDirectory()
    try scratch.directory.makeDirectory(Array("in".utf8), permissions: 0o700)
    try scratch.newFile("secret", [1]).close()
    let inside = try scratch.directory.open(Array("in".utf8), .directory)
    try inside.makeSymbolicLink(Array("out".utf8), target: Array("..".utf8))
    for path in ["../secret", "out/secret", "/etc/passwd", "out"] {
      #expect(throws: SystemError.self, "\(path)") { try inside.openBeneath(Array(path.utf8), .readOwn) }
    }
  }

  @Test func followsNoSymbolicLinkWhenReadingASource() throws {
    let scratch = try ScratchDirectory()
    try scratch.newFile("file", [1]).close()
    try scratch.directory.makeSymbolicLink(Array("link".utf8), target: Array("file".utf8))
    let error = #expect(throws: SystemError.self) { try scratch.directory.open(Array("link".utf8), .read) }
    #expect(error?.isNotDirectory == true)
  }

  @Test func extendedAttributesComeSortedAndWhole() throws {
    let scratch = try ScratchDirectory()
    let file = try scratch.newFile("file")
    let values: [(String, [UInt8])] = [
      ("user.b", [0, 255, 10]), ("user.a", []), ("user.c", [UInt8](repeating: 7, count: 3000)),
    ]
    for (name, value) in values {
      try file.setExtendedAttribute(ExtendedAttribute(name: Array(name.utf8), value: value))
    }
    let attributes = try scratch.directory.open(Array("file".utf8), .read).extendedAttributes()
      .filter { $0.name.starts(with: "user.".utf8) }
    #expect(attributes.map { String(decoding: $0.name, as: UTF8.self) } == ["user.a", "user.b", "user.c"])
    #expect(attributes.map(\.value) == [[], [0, 255, 10], [UInt8](repeating: 7, count: 3000)])
    let byName = try scratch.directory.extendedAttributes(of: Array("file".utf8))
    #expect(byName.filter { $0.name.starts(with: "user.".utf8) } == attributes)
  }

  @Test func lockIsHeldPerOpenFileAndGoesWithIt() throws {
    let scratch = try ScratchDirectory()
    var first: OpenFile? = try scratch.newFile("lock")
    let second = try scratch.directory.open(Array("lock".utf8), .update)
    #expect(try first?.tryLock(exclusive: true) == true)
    #expect(try !second.tryLock(exclusive: true))
    #expect(try !second.tryLock(exclusive: false))
    first = nil
    #expect(try second.tryLock(exclusive: false))
    let third = try scratch.directory.open(Array("lock".utf8), .update)
    #expect(try third.tryLock(exclusive: false))
    #expect(try !third.tryLock(exclusive: true))
  }

  @Test func aLockIsTakenOnAFullDiskWithoutTheNameOfItsHolder() throws {
    let lock = try FileLock.take(try OpenFile.open(Array("/dev/full".utf8), .update), holder: "somebody")
    #expect(lock != nil)
  }

  @Test func aLockBearsTheNameOfItsLastHolderOnly() throws {
    let scratch = try ScratchDirectory()
    try scratch.newFile("lock").close()
    for holder in ["a holder with a long name", "short"] {
      let lock = try FileLock.take(try scratch.directory.open(Array("lock".utf8), .update), holder: holder)
      #expect(lock != nil)
    }
    #expect(try String(contentsOf: scratch.url.appending(path: "lock"), encoding: .utf8) == "short\n")
  }

  @Test func lockOfAnotherProcessIsSeen() throws {
    let scratch = try ScratchDirectory()
    try scratch.newFile("lock").close()
    let holder = Process()
    holder.executableURL = URL(filePath: "/bin/sh")
    // Holds the lock until its standard input ends, and says so.
    holder.arguments = [
      "-c", "exec 9<>\"$0\"; flock -n 9; echo held; read -r _", scratch.url.appending(path: "lock").path,
    ]
    let (input, output) = (Pipe(), Pipe())
    holder.standardInput = input
    holder.standardOutput = output
    try holder.run()
    #expect(try output.fileHandleForReading.read(upToCount: 5) == Data("held\n".utf8))
    let file = try scratch.directory.open(Array("lock".utf8), .update)
    #expect(try !file.tryLock(exclusive: true))
    try input.fileHandleForWriting.close()
    holder.waitUntilExit()
    #expect(try file.tryLock(exclusive: true))
  }

  @Test func errorsNameCallPathAndReason() {
    let error = #expect(throws: SystemError.self) { try OpenFile.open(Array("/no/such/\u{7}".utf8), .readOwn) }
    #expect(error?.message == "cannot open /no/such/\\x07: No such file or directory")
    #expect(error?.cause == "open: ENOENT")
  }
}
