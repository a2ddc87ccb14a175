import BackupArchive
import BackupEngine
import BackupModel
import BackupRepository
import Foundation
import Testing

/// What is damaged.
enum DamagedPart: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case pointFile, indexFrame, packHead, dataFrame, tableOfContents, seekTable, wholePack
  var testDescription: String { rawValue }
}

/// How it is damaged.
enum DamageKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case delete, truncate, flip
  var testDescription: String { rawValue }
}

/// One cell of the matrix, and which of the two commands must find the damage.
struct DamageCase: Sendable, CustomTestStringConvertible {
  var kind: DamageKind
  var part: DamagedPart
  var checkFinds: Bool
  var verifyFinds: Bool
  var testDescription: String { "\(kind) \(part)" }

  static let all: [DamageCase] = [
    DamageCase(kind: .truncate, part: .pointFile, checkFinds: true, verifyFinds: false),
    DamageCase(kind: .flip, part: .pointFile, checkFinds: true, verifyFinds: false),
    DamageCase(kind: .delete, part: .indexFrame, checkFinds: true, verifyFinds: true),
    DamageCase(kind: .truncate, part: .indexFrame, checkFinds: true, verifyFinds: true),
    DamageCase(kind: .flip, part: .indexFrame, checkFinds: true, verifyFinds: true),
    DamageCase(kind: .delete, part: .packHead, checkFinds: true, verifyFinds: true),
    DamageCase(kind: .truncate, part: .packHead, checkFinds: true, verifyFinds: true),
    DamageCase(kind: .flip, part: .packHead, checkFinds: false, verifyFinds: true),
    DamageCase(kind: .delete, part: .dataFrame, checkFinds: true, verifyFinds: true),
    DamageCase(kind: .truncate, part: .dataFrame, checkFinds: true, verifyFinds: true),
    DamageCase(kind: .flip, part: .dataFrame, checkFinds: false, verifyFinds: true),
    DamageCase(kind: .delete, part: .tableOfContents, checkFinds: true, verifyFinds: true),
    DamageCase(kind: .truncate, part: .tableOfContents, checkFinds: true, verifyFinds: true),
    DamageCase(kind: .flip, part: .tableOfContents, checkFinds: true, verifyFinds: true),
    DamageCase(kind: .delete, part: .seekTable, checkFinds: true, verifyFinds: true),
    DamageCase(kind: .truncate, part: .seekTable, checkFinds: true, verifyFinds: true),
    DamageCase(kind: .flip, part: .seekTable, checkFinds: true, verifyFinds: false),
    // What isn't there leaves nothing to read: only the check sees that chunks are missing.
    DamageCase(kind: .delete, part: .wholePack, checkFinds: true, verifyFinds: false),
  ]
}

@Suite struct DamageMatrixTests {
  /// The bytes of a part of the first pack.
  private func range(_ part: DamagedPart, _ world: DamageWorld, _ pack: PackName) throws -> Range<Int> {
    let reader = try world.store.openPack(pack)
    func frame(_ number: Int) -> Range<Int> {
      let record = reader.frames[number]
      return Int(record.offset)..<Int(record.offset) + Int(record.size)
    }
    let framesEnd = frame(reader.frames.count - 1).upperBound
    let seekStart = Int(reader.fileSize) - (8 + 8 * (reader.frames.count + 1) + 9)
    switch part {
    case .packHead: return frame(0)
    case .dataFrame: return frame(2)
    case .indexFrame:
      // The root of the first point is in the last frame but the closing one.
      return frame(reader.frames.count - 2)
    case .tableOfContents: return framesEnd..<seekStart
    case .seekTable: return seekStart..<Int(reader.fileSize)
    case .wholePack, .pointFile: return 0..<Int(reader.fileSize)
    }
  }

  private func apply(_ damage: DamageCase, _ world: DamageWorld) throws {
    let pack = try #require(try world.store.packNames().first)
    let range = try range(damage.part, world, pack)
    let isPoint = damage.part == .pointFile
    let file = isPoint ? world.pointFile(world.points[0]) : world.packFile(pack)
    switch (damage.kind, damage.part) {
    case (.delete, .wholePack): try FileManager.default.removeItem(at: file)
    case (.delete, _): try world.edit(file) { $0.removeSubrange(range) }
    case (.truncate, .pointFile): try world.edit(file) { $0.removeLast($0.count / 2) }
    case (.truncate, _): try world.edit(file) { $0.removeLast($0.count - range.lowerBound - range.count / 2) }
    case (.flip, .pointFile): try world.edit(file) { $0[$0.count / 2] ^= 0x10 }
    case (.flip, _): try world.flip(file, at: range.lowerBound + range.count / 2)
    }
  }

  /// Everything that can't be read back must be named by the damage.
  private func expectAllLossesNamed(_ damage: [Damage], _ world: DamageWorld) throws {
    for point in world.points {
      let affected = damage.filter { $0.points.contains(point) }
      let named = Set(affected.flatMap(\.paths).map { String(decoding: $0, as: UTF8.self) })
      let losesIndex = affected.contains { $0.what.contains("an index") || $0.what.contains("cannot read the point") }
      for path in try world.unreadableFiles(of: point) where !losesIndex {
        #expect(named.contains(path), "\(path) of \(point) is lost, but no damage names it")
      }
    }
  }

  @Test(arguments: DamageCase.all)
  func namesDamageAndHealsAtTheNextArchive(damage: DamageCase) throws {
    let world = try DamageWorld()
    #expect(try world.check().damage.isEmpty)
    #expect(try world.verify().damage.isEmpty)

    try apply(damage, world)
    let check = try world.check()
    #expect(check.damage.isEmpty != damage.checkFinds)
    if damage.checkFinds { try expectAllLossesNamed(check.damage, world) }
    let verify = try world.verify()
    #expect(verify.damage.isEmpty != damage.verifyFinds)
    if damage.verifyFinds { try expectAllLossesNamed(verify.damage, world) }
    if damage.part == .pointFile {
      #expect(check.damage.map(\.points) == [[world.points[0]]])
      #expect(try world.unreadableFiles(of: world.points[1]).isEmpty)
    }
    // What the damage doesn't touch reads back: the second point's own new files at least.
    #expect(
      try world.unreadableFiles(of: world.points[1]).isDisjoint(with: ["dir2/added", "dir0/small0"]))

    let healed = try world.archive()
    #expect(try world.unreadableFiles(of: healed.id).isEmpty)
    let after = [try world.check().damage, try world.verify().damage]
    for found in after.joined() { #expect(!found.points.contains(healed.id), "\(found)") }
    // Healing doesn't hide the damage, except of a pack that is gone and that nothing needs any more.
    if damage.part != .wholePack { #expect(!after.joined().isEmpty) }
  }

  @Test func passesOverAPointWhoseFileIsGoneButNotesItsPacks() throws {
    let world = try DamageWorld()
    try FileManager.default.removeItem(at: world.pointFile(world.points[0]))
    let report = try world.check()
    #expect(report.damage.isEmpty)
    #expect(report.notes.contains { $0.contains("packs of \(world.points[0])") })
    #expect(try world.unreadableFiles(of: world.points[1]).isEmpty)
    let next = try world.archive()
    #expect(try world.unreadableFiles(of: next.id).isEmpty)
    #expect(try world.check().damage.isEmpty)
  }
}
