// Which names LVM and Kubernetes allow, so that a pattern that could never match is an error where it is written.

extension DocumentNode {
  /// The value as the name of a volume group or a pool, as lvm(8) allows it.
  func volumeGroupName() throws(PolicyError) -> String {
    let name = try string()
    guard name.utf8.count <= 127, name.utf8.first != UInt8(ascii: "-"), name != ".", name != "..", !name.isEmpty,
      name.utf8.allSatisfy(isVolumeByte)
    else {
      throw unexpected(expected: "a name as LVM allows it: letters, digits and `+ _ . -`, at most 127, not `-` first")
    }
    return name
  }

  /// The value as a pattern of names of logical volumes.
  func volumePattern() throws(PolicyError) -> Wildcard {
    try wildcard(of: "names of volumes: letters, digits and `+ _ . -`", isVolumeByte)
  }

  /// The value as a pattern of names of Kubernetes namespaces.
  func namespacePattern() throws(PolicyError) -> Wildcard {
    try wildcard(of: "namespaces: lower-case letters, digits and `-`", isNamespaceByte)
  }

  /// The value as patterns of a namespace and of a claim in it: `NAMESPACE/CLAIM`.
  func claimPattern() throws(PolicyError) -> (namespace: Wildcard, claim: Wildcard) {
    let text = try string()
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    func allows(_ part: Substring.UTF8View, _ isAllowed: (UInt8) -> Bool) -> Bool {
      !part.isEmpty && part.allSatisfy { $0 == UInt8(ascii: "*") || isAllowed($0) }
    }
    guard parts.count == 2, allows(parts[0], isNamespaceByte),
      allows(parts[1], { isNamespaceByte($0) || $0 == UInt8(ascii: ".") })
    else {
      throw unexpected(
        expected: "`NAMESPACE/CLAIM`, each of lower-case letters, digits and `-`; `*` stands for any characters")
    }
    return (Wildcard(String(Substring(parts[0]))), Wildcard(String(Substring(parts[1]))))
  }

  private func wildcard(of what: String, _ isAllowed: (UInt8) -> Bool) throws(PolicyError) -> Wildcard {
    let text = try string()
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 == UInt8(ascii: "*") || isAllowed($0) }) else {
      throw unexpected(expected: "a pattern of \(what); `*` stands for any characters")
    }
    return Wildcard(text)
  }

  /// The value as a list of patterns, at least one and none twice; a single text is a list of one.
  func wildcards(
    _ read: (DocumentNode) throws(PolicyError) -> Wildcard
  ) throws(PolicyError) -> [Wildcard] {
    let patterns = try distinctStringNodes().map(read)
    guard !patterns.isEmpty else {
      throw PolicyError(at: location, "\(label) is an empty list, which selects nothing", hint: "leave it out for all")
    }
    return patterns
  }
}

private func isVolumeByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
    true
  default: false
  }
}

private func isNamespaceByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
  default: false
  }
}
