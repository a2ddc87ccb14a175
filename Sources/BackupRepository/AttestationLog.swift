import BackupModel
import FoundationEssentials
import HostSystem

/// The file of a source in which attestations are gathered (`docs/format.md`, section 10).
public struct AttestationLog: Sendable {
  private let store: SourceStore
  private var path: String { "\(store.path)/\(Self.fileName)" }

  static let fileName = "attestations.jsonl"
  /// The end of the file that is read; what is older is forgotten.
  static let mostBytes = 16 << 20

  init(_ store: SourceStore) { self.store = store }

  /// What was read of the file.
  public struct Content: Sendable {
    /// The attestations, in the order in which they were written.
    public var attestations: [Attestation] = []
    /// Things that were passed over.
    public var notes: [String] = []
  }

  /// Appends a line, durably.
  ///
  /// A line that a crash left unfinished is ended first, so that it can't spoil this one.
  /// - Throws: ``RepositoryError`` `writeFailed`, `readFailed`.
  public func append(_ attestation: Attestation) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let isNew = try !exists()
    let isTorn = try !isNew && lastByte().map { $0 != 0x0A } ?? false
    let line = (isTorn ? [0x0A] : []) + Array(try encoder.encode(attestation)) + [0x0A]
    try store.storage.append(line, to: path)
    if isNew { try store.storage.synchronizeDirectory(store.path) }
  }

  /// Reads the file. A last line without its newline is ignored; a line that can't be understood is passed over with a note.
  ///
  /// - Throws: ``RepositoryError`` `readFailed`.
  public func read() throws -> Content {
    var content = Content()
    let bytes = try tail()
    guard let end = bytes.lastIndex(of: 0x0A) else { return content }
    let decoder = JSONDecoder()
    var unreadable = 0
    for line in bytes[..<end].split(separator: 0x0A) {
      do {
        content.attestations.append(try decoder.decode(Attestation.self, from: Data(line)))
      } catch {
        unreadable += 1
      }
    }
    if unreadable > 0 {
      content.notes.append(
        "\(unreadable) line\(unreadable == 1 ? "" : "s") of \(path) can't be read and \(unreadable == 1 ? "was" : "were") passed over: "
          + "what was verified then counts as not verified")
    }
    return content
  }

  /// Whether any line speaks of damage.
  ///
  /// - Throws: ``RepositoryError`` `readFailed`.
  func mentionsDamage() throws -> Bool { try mentions("\(Attestation.Result.damaged.rawValue)\"") }

  /// Whether any line has a text that begins like that; costs next to nothing, so that each archive can ask.
  ///
  /// - Throws: ``RepositoryError`` `readFailed`.
  func mentions(_ beginning: String) throws -> Bool {
    let word = Array(beginning.utf8)
    let bytes = try tail()
    var rest = bytes[...]
    while let quote = rest.firstIndex(of: 0x22) {
      rest = bytes[(quote + 1)...]
      if rest.starts(with: word) { return true }
    }
    return false
  }

  private func exists() throws -> Bool { try store.storage.list(store.path)?.contains(Self.fileName) ?? false }

  private func lastByte() throws -> UInt8? {
    try reading { (file) throws(SystemError) in
      let size = try file.status().size
      return size == 0 ? nil : try file.contents(at: size - 1, count: 1).last
    }
  }

  private func tail() throws -> [UInt8] {
    guard try exists() else { return [] }
    return try reading { (file) throws(SystemError) in
      let size = try file.status().size
      let start = max(0, size - Int64(Self.mostBytes))
      let bytes = try file.contents(at: start, count: Int(size - start))
      guard start > 0, let newline = bytes.firstIndex(of: 0x0A) else { return bytes }
      return Array(bytes[(newline + 1)...])
    }
  }

  private func reading<Result>(_ body: (OpenFile) throws(SystemError) -> Result) throws -> Result {
    let file = try store.storage.open(path)
    do throws(SystemError) {
      return try body(file)
    } catch {
      throw RepositoryError.reading(path, error)
    }
  }
}

extension SourceStore {
  /// What was checked, verified and drilled.
  public var attestations: AttestationLog { AttestationLog(self) }
}
