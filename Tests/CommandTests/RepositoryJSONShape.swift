import Foundation

/// A JSON document reduced to its keys and types.
enum RepositoryJSONShape: Decodable {
  case object([String: RepositoryJSONShape])
  case list([RepositoryJSONShape])
  case scalar(String)

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: Key.self) {
      self = .object(
        Dictionary(
          uniqueKeysWithValues: try container.allKeys.map {
            ($0.stringValue, try container.decode(RepositoryJSONShape.self, forKey: $0))
          }))
    } else if let list = try? [RepositoryJSONShape](from: decoder) {
      self = .list(list)
    } else {
      let container = try decoder.singleValueContainer()
      // What a value isn't, it refuses to be decoded as; no other way asks for a value's type.
      let isBoolean = (try? container.decode(Bool.self)) != nil
      let isText = (try? container.decode(String.self)) != nil
      self = .scalar(container.decodeNil() ? "null" : isBoolean ? "boolean" : isText ? "text" : "number")
    }
  }

  /// A line for each place of a document with the types that occur there; elements of a list share a place.
  static func text(of bytes: [UInt8]) throws -> String {
    var types: [String: Set<String>] = [:]
    try JSONDecoder().decode(RepositoryJSONShape.self, from: Data(bytes)).collect(at: "", into: &types)
    return types.sorted { $0.key < $1.key }
      .map { place, types in "\(place.isEmpty ? "." : place): \(types.sorted().joined(separator: ", "))\n" }.joined()
  }

  private func collect(at place: String, into types: inout [String: Set<String>]) {
    switch self {
    case .object(let members):
      types[place, default: []].insert("object")
      for (key, value) in members { value.collect(at: "\(place).\(key)", into: &types) }
    case .list(let elements):
      types[place, default: []].insert("list")
      for value in elements { value.collect(at: "\(place)[]", into: &types) }
    case .scalar(let type): types[place, default: []].insert(type)
    }
  }
}
