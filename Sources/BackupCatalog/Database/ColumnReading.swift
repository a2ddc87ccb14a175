import BackupModel
import FoundationEssentials
import GRDB

// Reading that throws where a column holds what this program never writes; GRDB's subscripts would end the process.
extension Row {
  func text(_ column: String) throws -> String { try decode(String.self, forColumn: column) }
  func optionalText(_ column: String) throws -> String? { try decode(String?.self, forColumn: column) }
  func number(_ column: String) throws -> Int { try decode(Int.self, forColumn: column) }
  func optionalNumber(_ column: String) throws -> Int64? { try decode(Int64?.self, forColumn: column) }

  func time(_ column: String) throws -> Timestamp {
    guard let time = try optionalTime(column) else { throw UnexpectedValue(column: column, value: "NULL") }
    return time
  }

  func optionalTime(_ column: String) throws -> Timestamp? {
    try optionalText(column).map { text in
      guard let time = Timestamp(parsing: text) else { throw UnexpectedValue(column: column, value: text) }
      return time
    }
  }

  func duration(_ column: String) throws -> Duration { .milliseconds(try decode(Int64.self, forColumn: column)) }
  func optionalDuration(_ column: String) throws -> Duration? {
    try optionalNumber(column).map { .milliseconds($0) }
  }

  /// A value that is written as one word.
  func word<Value: RawRepresentable<String>>(_ column: String, as type: Value.Type) throws -> Value {
    let text = try text(column)
    guard let value = Value(rawValue: text) else { throw UnexpectedValue(column: column, value: text) }
    return value
  }

  func runID(_ column: String) throws -> RunID {
    let text = try text(column)
    guard let id = RunID(parsing: text) else { throw UnexpectedValue(column: column, value: text) }
    return id
  }

  func optionalRunID(_ column: String) throws -> RunID? {
    try optionalText(column) == nil ? nil : try runID(column)
  }

  func json<Value: Decodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
    let text = try text(column)
    do {
      return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch {
      throw UnexpectedValue(column: column, value: text)
    }
  }

  func process() throws -> ProcessIdentity {
    ProcessIdentity(
      pid: Int32(clamping: try number("pid")),
      startTicks: UInt64(bitPattern: try decode(Int64.self, forColumn: "process_started")), bootID: try text("boot"))
  }
}

/// A column holds what this program never writes.
struct UnexpectedValue: Error, CustomStringConvertible {
  let column: String
  let value: String
  var description: String { "column \(column) holds `\(value.prefix(80))`" }
}

/// The JSON of a value, with sorted keys.
func jsonText(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

extension Duration {
  /// Whole milliseconds, as columns hold them.
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
