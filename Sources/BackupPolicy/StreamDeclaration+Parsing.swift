import BackupModel

extension StreamDeclaration {
  private static let keys: Set<String> = ["name", "command", "file", "environment", "maximum-age", "may-be-empty"]

  /// Reads a list of streams and checks them against each other.
  static func list(_ node: DocumentNode) throws(PolicyError) -> [StreamDeclaration] {
    var streams: [StreamDeclaration] = []
    var names = SourceNames(.stream)
    for element in try node.elements() {
      let stream = try StreamDeclaration(element)
      try names.add(stream.source, at: element.location)
      streams.append(stream)
    }
    return streams
  }

  private init(_ node: DocumentNode) throws(PolicyError) {
    let mapping = try node.mapping(allowing: Self.keys)
    source = try SourceNames.source(.stream, mapping.required("name"))
    command = try mapping.required("command").argumentVector()
    file = try mapping["file"].map { node throws(PolicyError) in try Self.file(node) } ?? Self.defaultFile
    environment = try Self.environment(mapping["environment"])
    maximumAge = try mapping["maximum-age"]?.maximumAge()
    mayBeEmpty = try mapping["may-be-empty"]?.bool() ?? false
  }

  private static func file(_ node: DocumentNode) throws(PolicyError) -> String {
    let name = try node.nonBlankString("the name of one file")
    guard name != ".", name != "..", name.utf8.count <= 255, !name.utf8.contains(where: { $0 == 0 || $0 == 0x2f })
    else { throw node.unexpected(expected: "the name of one file, without `/`, at most 255 bytes") }
    return name
  }

  private static func environment(_ node: DocumentNode?) throws(PolicyError) -> [String: String] {
    var environment: [String: String] = [:]
    for (name, value) in try node?.entries() ?? [] {
      guard isVariableName(name) else {
        throw PolicyError(
          at: value.location, "variable name `\(name)` is not a name: letters, digits and `_`, the first not a digit")
      }
      environment[name] = try value.argumentText()
    }
    return environment
  }

  private static func isVariableName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(first >= UInt8(ascii: "0") && first <= UInt8(ascii: "9")) else { return false }
    return text.utf8.allSatisfy { byte in
      let lower = byte | 0x20
      return (lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z"))
        || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) || byte == UInt8(ascii: "_")
    }
  }
}
