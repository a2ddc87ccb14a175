import Synchronization

/// What is gathered from the XML of a tool while it is read.
protocol ThinDocument: Sendable {
  associatedtype Content: Sendable
  /// A tag begins.
  mutating func begin(_ tag: ThinXMLReader.Tag) throws
  /// An element ends.
  mutating func end(_ name: [UInt8]) throws
  /// What was gathered, when the document is whole.
  func finish() throws -> Content
}

/// The first tag of both tools' output.
enum ThinSuperblock {
  /// Checks the tag and the pool's chunk size, which both tools give in sectors of 512 bytes.
  static func check(_ tag: ThinXMLReader.Tag, chunkSize: Int64) throws {
    guard tag.isNamed("superblock") else { throw ThinXMLError("it doesn't begin with <superblock>") }
    let sectors = try tag.number("data_block_size")
    guard sectors * 512 == chunkSize else {
      throw ThinXMLError("its blocks have \(sectors * 512) bytes, the pool's chunks \(chunkSize)")
    }
  }
}

/// Reads a document in pieces that come from a running program.
final class ThinDocumentFeed<Document: ThinDocument>: Sendable {
  private struct State {
    var reader = ThinXMLReader()
    var document: Document
  }
  private let state: Mutex<State>

  init(_ document: Document) { state = Mutex(State(document: document)) }

  /// Reads on.
  func read(_ bytes: [UInt8]) throws {
    try state.withLock { state in
      try state.reader.read(bytes, into: &state.document)
    }
  }

  /// What was read, if it is whole.
  func finish() throws -> Document.Content {
    try state.withLock { state in
      try state.reader.finish()
      return try state.document.finish()
    }
  }
}
