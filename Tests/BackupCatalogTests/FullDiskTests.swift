import BackupModel
import Foundation
import Glibc
import HostSystem
import Testing

@testable import BackupCatalog

/// A small file system in memory, mounted for as long as a test needs it.
private final class SmallDisk {
  static let isPossible: Bool = {
    guard let scene = try? CatalogScene() else { return false }
    return (try? SmallDisk(at: scene.directory)) != nil
  }()

  private let place: String

  init(at place: String) throws {
    self.place = place
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    guard mount("tmpfs", place, "tmpfs", 0, "size=1m") == 0 else {
      throw SystemError(call: "mount", errno: errno, path: place)
    }
  }

  deinit { umount2(place, Int32(MNT_DETACH)) }

  func makeReadOnly() throws {
    guard mount("tmpfs", place, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0 else {
      throw SystemError(call: "mount", errno: errno, path: place)
    }
  }

  /// Writes a file until nothing more fits.
  func fill() throws {
    let file = try OpenFile.open(Array("\(place)/filler".utf8), .newFile(permissions: 0o600))
    var isFull = false
    while !isFull {
      do { try file.write([UInt8](repeating: 1, count: 4096)) } catch { isFull = error.isFull }
    }
  }
}

@Suite(.enabled(if: SmallDisk.isPossible, "mounting needs root")) struct FullDiskTests {
  // Declared first, so that it is unmounted before the scene removes the directory.
  private let disk: SmallDisk
  private let scene: CatalogScene

  init() throws {
    scene = try CatalogScene()
    disk = try SmallDisk(at: scene.directory)
  }

  @Test func saysSoAndLosesNothingWhenTheDiskIsFull() throws {
    let catalog = try scene.open()
    let run = try catalog.runs.begin(.sample())
    try disk.fill()
    var recorded = 0
    let refused = try failure {
      while recorded < 100_000 {
        try catalog.runs.record([.remark("\(recorded) \(String(repeating: "x", count: 3000))")], of: run.id)
        recorded += 1
      }
    }
    #expect(refused.code == .full)
    #expect(refused.category == .failed)
    #expect(refused.message.hasSuffix("in the catalog in \(scene.directory): No space left on device"))
    #expect(try catalog.runs.steps(of: run.id).count == recorded)

    try FileManager.default.removeItem(at: scene.url("filler"))
    try catalog.runs.record([.remark("there is room again")], of: run.id)
    try catalog.close()
    let again = try scene.open()
    #expect(again.note == nil)
    #expect(try again.runs.steps(of: run.id).count == recorded + 1)
  }

  @Test func saysSoWhenThereIsNoRoomForANewOne() throws {
    try disk.fill()
    let refused = try failure { _ = try scene.open() }
    #expect(refused.code == .full)
    #expect(refused.message.contains("cannot open the catalog in \(scene.directory): "))
    try FileManager.default.removeItem(at: scene.url("filler"))
    #expect(try scene.open().isNew)
  }

  @Test func saysSoWhenTheFileSystemIsReadOnly() throws {
    try scene.fill()
    try disk.makeReadOnly()
    let refused = try failure { _ = try scene.open() }
    #expect(refused.code == .notWritable)
    #expect(refused.category == .failed)
    #expect(refused.message == "cannot open the catalog in \(scene.directory): Read-only file system")
    #expect(refused.hint?.contains("dmesg") == true)
  }
}
