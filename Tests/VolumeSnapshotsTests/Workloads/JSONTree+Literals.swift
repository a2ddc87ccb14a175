@testable import VolumeSnapshots

extension JSONTree: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  init(nilLiteral: ()) { self = .null }
  init(booleanLiteral value: Bool) { self = .truth(value) }
  init(integerLiteral value: Int64) { self = .whole(value) }
  init(floatLiteral value: Double) { self = .fraction(value) }
  init(stringLiteral value: String) { self = .text(value) }
  init(arrayLiteral elements: JSONTree...) { self = .list(elements) }
  init(dictionaryLiteral elements: (String, JSONTree)...) {
    self = .mapping(Dictionary(elements) { _, last in last })
  }
}

extension JSONTree {
  /// A mapping with the entries of another one besides its own.
  func with(_ more: JSONTree) -> JSONTree {
    guard case .mapping(let entries) = more else { return self }
    return entries.reduce(self) { $0.with($1.key, $1.value) }
  }
}
