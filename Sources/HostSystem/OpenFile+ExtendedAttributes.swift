import CLinux
import Glibc

/// One extended attribute.
public struct ExtendedAttribute: Sendable, Hashable {
  /// The full name: `user.comment`, `security.capability`, `system.posix_acl_access`.
  public var name: [UInt8]
  /// The value.
  public var value: [UInt8]

  /// Makes an attribute.
  public init(name: [UInt8], value: [UInt8]) {
    self.name = name
    self.value = value
  }
}

extension OpenFile {
  /// The extended attributes of this open file, sorted by name.
  public func extendedAttributes() throws(SystemError) -> [ExtendedAttribute] {
    let descriptor = descriptor
    return try Self.attributes(
      shown: path, list: { flistxattr(descriptor, $0, $1) }, get: { fgetxattr(descriptor, $0, $1, $2) })
  }

  /// The extended attributes of a name in this directory; of a symbolic link itself, not its target.
  ///
  /// Goes through `/proc/self/fd`, since there is no `listxattrat`.
  public func extendedAttributes(of name: PathBytes) throws(SystemError) -> [ExtendedAttribute] {
    let path = procPath(name)
    return try Self.attributes(
      shown: name.displayedPath,
      list: { buffer, size in withCString(path) { llistxattr($0, buffer, size) } },
      get: { key, buffer, size in withCString(path) { lgetxattr($0, key, buffer, size) } })
  }

  private func procPath(_ name: PathBytes) -> PathBytes { Array("/proc/self/fd/\(descriptor)/".utf8) + name }

  private static func attributes(
    shown: String,
    list: (UnsafeMutablePointer<CChar>?, Int) -> Int,
    get: (UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int) -> Int
  ) throws(SystemError) -> [ExtendedAttribute] {
    let needed = list(nil, 0)
    if needed == 0 { return [] }
    if needed < 0 {
      if errno == ENOTSUP { return [] }
      throw .last("listxattr", shown)
    }
    // The list may grow between the two calls; the kernel's own limit is 64 KiB.
    var names = [UInt8](repeating: 0, count: 65_536)
    let length = names.withUnsafeMutableBytes { raw in
      list(raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
    }
    guard length >= 0 else { throw .last("listxattr", shown) }
    var attributes: [ExtendedAttribute] = []
    for name in names[..<length].split(separator: 0) {
      var value = [UInt8](repeating: 0, count: 65_536)
      let count = withCString(Array(name)) { key in
        value.withUnsafeMutableBytes { get(key, $0.baseAddress, $0.count) }
      }
      if count < 0 {
        // Removed since it was listed: then it is no attribute of the file.
        if errno == ENODATA { continue }
        throw .last("getxattr", shown)
      }
      attributes.append(ExtendedAttribute(name: Array(name), value: Array(value[..<count])))
    }
    return attributes.sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  /// Sets an extended attribute of this open file.
  public func setExtendedAttribute(_ attribute: ExtendedAttribute) throws(SystemError) {
    let result = withCString(attribute.name) { key in
      attribute.value.withUnsafeBytes { fsetxattr(descriptor, key, $0.baseAddress, $0.count, 0) }
    }
    guard result == 0 else { throw .last("setxattr", path) }
  }

  /// Removes an extended attribute of this open file.
  public func removeExtendedAttribute(_ name: [UInt8]) throws(SystemError) {
    guard withCString(name, { fremovexattr(descriptor, $0) }) == 0 else { throw .last("removexattr", path) }
  }

  /// Sets an extended attribute of a name in this directory; of a symbolic link itself, not its target.
  public func setExtendedAttribute(_ attribute: ExtendedAttribute, of name: PathBytes) throws(SystemError) {
    let result = withCString(procPath(name)) { path in
      withCString(attribute.name) { key in
        attribute.value.withUnsafeBytes { lsetxattr(path, key, $0.baseAddress, $0.count, 0) }
      }
    }
    guard result == 0 else { throw .last("setxattr", name.displayedPath) }
  }
}
