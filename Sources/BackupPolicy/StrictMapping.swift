/// A mapping of a YAML document in which only known keys occur.
///
/// A job kind decodes its own keys from one:
///
///     let sample = try mapping["sample"]?.percentage() ?? .whole
///     let trees = try mapping.required("trees").strings()
public struct StrictMapping: Hashable, Sendable {
  /// Where the mapping begins.
  public let location: DocumentLocation
  /// Every key that may occur; nil if any may, as in the specification of a plug-in's job.
  public let allowedKeys: Set<String>?
  /// What the mapping is called in messages.
  let subject: String
  let entries: [DocumentNode.Entry]

  /// Checks the keys of a mapping.
  init(
    _ entries: [DocumentNode.Entry], allowing keys: KindKeys, location: DocumentLocation, subject: String
  ) throws(PolicyError) {
    switch keys {
    case .any: allowedKeys = nil
    case .known(let allowed):
      for entry in entries where !allowed.contains(entry.key) {
        throw PolicyError(
          at: entry.location, "unknown key `\(entry.key)` in \(subject)\(suggestion(for: entry.key, among: allowed))",
          hint: "keys known here: \(listed(allowed.sorted()))")
      }
      allowedKeys = allowed
    }
    self.location = location
    self.subject = subject
    self.entries = entries
  }

  private init(_ other: StrictMapping, without keys: Set<String>) {
    location = other.location
    allowedKeys = other.allowedKeys?.subtracting(keys)
    subject = other.subject
    entries = other.entries.filter { !keys.contains($0.key) }
  }

  /// The keys that are present, in the order of the file.
  public var keys: [String] { entries.map(\.key) }

  /// The value of a key, or nil if the key isn't there.
  ///
  /// Asking for a key that isn't among ``allowedKeys`` is a programming error: it could never be present.
  public subscript(key: String) -> DocumentNode? {
    assert(allowedKeys?.contains(key) ?? true, "`\(key)` is not among the allowed keys of \(subject)")
    return entries.first { $0.key == key }?.value
  }

  /// The value of a key that must be there.
  ///
  /// - Throws: ``PolicyError`` if the key is missing, with the line at which the mapping begins.
  public func required(_ key: String) throws(PolicyError) -> DocumentNode {
    guard let value = self[key] else { throw PolicyError(at: location, "\(subject) has no `\(key)`") }
    return value
  }

  /// The same mapping without some keys, neither present nor allowed.
  public func removing(_ keys: Set<String>) -> StrictMapping { StrictMapping(self, without: keys) }
}
