/// Which keys the declarations of a kind of job may have beside the common ones.
public enum KindKeys: Hashable, Sendable {
  /// These and no others; a mistyped one is refused when the schedule is read.
  case known(Set<String>)
  /// Any: the kind is a plug-in, which checks its keys itself.
  case any

  /// These keys and further ones.
  func adding(_ keys: Set<String>) -> KindKeys {
    switch self {
    case .known(let own): .known(own.union(keys))
    case .any: .any
    }
  }

  /// Those of some keys that aren't declared to be the kind's own.
  func missing(of keys: Set<String>) -> Set<String> {
    switch self {
    case .known(let own): keys.subtracting(own)
    case .any: keys
    }
  }
}
