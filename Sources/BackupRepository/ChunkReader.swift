public import BackupArchive
public import BackupModel
import HostSystem
import Synchronization

/// Where a chunk's bytes are: a pack and a place in one of its frames.
public struct ChunkLocation: Sendable {
  /// The pack's name.
  public let pack: PackName
  /// The open pack.
  public let reader: PackReader
  /// The place in the pack.
  public let record: ChunkRecord
}

/// Finds chunks in the packs of one source. Safe to use from several threads.
///
/// Packs are opened when first needed, newest first. A pack that can't be opened hides its chunks only, and the error
/// about a chunk that isn't found names such packs.
public final class ChunkReader: Sendable {
  private let store: SourceStore
  private let names: [PackName]
  private let opened: Mutex<[PackName: Result<PackReader, any Error>]>
  private let lastHit = Mutex<PackName?>(nil)
  private let keepsTables: Bool

  /// Begins to read from the packs that a source has now.
  ///
  /// - Parameter keepsTables: whether tables of contents are kept in memory, for many lookups.
  init(store: SourceStore, keepsTables: Bool) throws {
    self.store = store
    self.keepsTables = keepsTables
    names = try store.packNames().reversed()
    opened = Mutex([:])
  }

  /// Where a chunk is.
  ///
  /// - Throws: ``RepositoryError`` `damaged` if no readable pack holds it.
  public func location(of id: ChunkID) throws -> ChunkLocation {
    // An error in the pack of the last hit comes again in the loop, which reports it.
    if let hit = lastHit.withLock({ $0 }), let found = try? lookUp(id, in: hit) { return found }
    var unreadable: [String] = []
    for name in names {
      do {
        if let found = try lookUp(id, in: name) {
          lastHit.withLock { $0 = name }
          return found
        }
      } catch {
        unreadable.append("\(name): \(error)")
      }
    }
    throw RepositoryError(
      .damaged, "cannot find chunk \(id) in the packs of \(store.source)",
      cause: unreadable.isEmpty ? "no pack holds it" : "unreadable packs: \(unreadable.joined(separator: "; "))",
      hint: "run `backupctl check \(store.source.name)` to see which points and paths are affected")
  }

  private func lookUp(_ id: ChunkID, in name: PackName) throws -> ChunkLocation? {
    let reader = try reader(of: name)
    return try reader.location(of: id).map { ChunkLocation(pack: name, reader: reader, record: $0) }
  }

  private func reader(of name: PackName) throws -> PackReader {
    try opened.withLock { opened in
      if let known = opened[name] { return known }
      let result = Result { () throws -> PackReader in
        let reader = try store.openPack(name)
        if keepsTables { try reader.prepareForManyLookups() }
        return reader
      }
      opened[name] = result
      return result
    }.get()
  }

  /// The bytes of one chunk, verified by its hash. A pack in which it is damaged is passed over for another copy.
  ///
  /// - Throws: ``RepositoryError`` `damaged`.
  public func bytes(of id: ChunkID, with decompressor: FrameDecompressor) throws -> [UInt8] {
    try bytes(foundAt: try location(of: id), with: decompressor)
  }

  /// The bytes of a chunk whose place is known; as ``bytes(of:with:)``.
  func bytes(foundAt first: ChunkLocation, with decompressor: FrameDecompressor) throws -> [UInt8] {
    do {
      return try bytes(at: first, with: decompressor)
    } catch let error as RepositoryError where error.code == .damaged {
      for name in names where name != first.pack {
        // A pack that can't be searched is as good as one without the chunk; the first error is the one to report.
        guard let other = try? lookUp(first.record.id, in: name), let bytes = try? bytes(at: other, with: decompressor)
        else {
          continue
        }
        return bytes
      }
      throw error
    }
  }

  private func bytes(at location: ChunkLocation, with decompressor: FrameDecompressor) throws -> [UInt8] {
    var content: [UInt8] = []
    try read(location, with: decompressor, into: &content)
    return Array(try chunk(at: location, in: content))
  }

  /// A chunk's bytes in the content of its frame, verified by its hash.
  ///
  /// - Throws: ``RepositoryError`` `damaged`.
  public func chunk(at location: ChunkLocation, in content: [UInt8]) throws -> ArraySlice<UInt8> {
    let record = location.record
    let bytes = content[Int(record.offset)..<Int(record.offset) + Int(record.length)]
    guard ChunkID(of: bytes) == record.id else {
      throw damaged(location, "chunk \(record.id) does not match its hash", nil)
    }
    return bytes
  }

  /// Decompresses the frame of a location; its content replaces what `content` held.
  ///
  /// - Throws: ``RepositoryError`` `damaged` naming pack, source and frame.
  public func read(
    _ location: ChunkLocation, with decompressor: FrameDecompressor, into content: inout [UInt8]
  ) throws {
    do {
      try location.reader.readFrame(Int(location.record.frame), with: decompressor, into: &content)
    } catch let error as ArchiveError {
      throw damaged(location, error.message, error.cause)
    } catch let error as SystemError {
      throw RepositoryError.reading("pack \(location.pack)", error)
    }
  }

  private func damaged(_ location: ChunkLocation, _ message: String, _ cause: String?) -> RepositoryError {
    RepositoryError(
      .damaged, "cannot read pack \(location.pack) of \(store.source): \(message)", cause: cause,
      hint: "run `backupctl verify \(store.source.name)` to see which points and paths are affected")
  }
}
