import Glibc

/// The names of owners and groups, looked up once per id.
///
/// Not thread-safe: each thread that needs names has its own.
public struct AccountNames {
  private var users: [UInt32: [UInt8]] = [:]
  private var groups: [UInt32: [UInt8]] = [:]

  /// Makes an empty cache.
  public init() {}

  /// The name of a user; empty if there is none.
  public mutating func user(_ id: UInt32) -> [UInt8] {
    if let known = users[id] { return known }
    let name: [UInt8] = getpwuid(id).flatMap { $0.pointee.pw_name }.map { Array(String(cString: $0).utf8) } ?? []
    users[id] = name
    return name
  }

  /// The name of a group; empty if there is none.
  public mutating func group(_ id: UInt32) -> [UInt8] {
    if let known = groups[id] { return known }
    let name: [UInt8] = getgrgid(id).flatMap { $0.pointee.gr_name }.map { Array(String(cString: $0).utf8) } ?? []
    groups[id] = name
    return name
  }
}
