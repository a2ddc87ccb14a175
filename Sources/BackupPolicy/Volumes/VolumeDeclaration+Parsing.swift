import BackupModel

extension VolumeDeclaration {
  private static let keys: Set<String> = [
    "name", "group", "pool", "match", "namespaces", "minimum-size", "maximum-size", "exclude", "mode", "block-size",
    "audit", "compare-in-full", "together", "freeze", "luks", "maximum-age",
  ]

  /// The keys that mean something for images only.
  private static let imageKeys = ["block-size", "audit", "compare-in-full"]

  /// Sizes of blocks that are allowed; powers of two among them.
  private static let blockSizes = ByteCount.kibibytes(16)...ByteCount.mebibytes(4)

  /// Reads a list of selections; no two have the same name.
  static func list(_ node: DocumentNode) throws(PolicyError) -> [VolumeDeclaration] {
    var declarations: [(declaration: VolumeDeclaration, line: Int)] = []
    for element in try node.elements() {
      let declaration = try VolumeDeclaration(element)
      if let earlier = declarations.first(where: { $0.declaration.name == declaration.name }) {
        throw PolicyError(
          at: element.location,
          "duplicate name `\(declaration.name)` of a selection of volumes, already declared on line \(earlier.line)",
          hint: "jobs mean a selection by its name; give one of the two another name")
      }
      declarations.append((declaration, element.location.line))
    }
    return declarations.map(\.declaration)
  }

  private init(_ node: DocumentNode) throws(PolicyError) {
    let mapping = try node.mapping(allowing: Self.keys)
    let name = try mapping.required("name").plainName()
    self.init(name: name, group: try mapping.required("group").volumeGroupName())
    let subject = "the volumes `\(name)`"
    pool = try mapping["pool"]?.volumeGroupName()
    if let node = mapping["match"] {
      patterns = try node.wildcards { node throws(PolicyError) in try node.volumePattern() }
    }
    namespaces = try mapping["namespaces"].map { node throws(PolicyError) in
      try node.wildcards { node throws(PolicyError) in try node.namespacePattern() }
    }
    let sizes = ByteCount(1)...ByteCount.gibibytes(1 << 20)
    minimumSize = try mapping["minimum-size"]?.byteCount(in: sizes)
    maximumSize = try mapping["maximum-size"]?.byteCount(in: sizes)
    if let minimumSize, let maximumSize, minimumSize > maximumSize {
      throw PolicyError(
        at: mapping.location,
        "`minimum-size` \(minimumSize.exactText) of \(subject) is larger than `maximum-size` \(maximumSize.exactText)",
        hint: "no volume can be selected so")
    }
    for element in try mapping["exclude"]?.elements() ?? [] {
      exclusions.append(try Exclusion(element, of: subject))
    }
    mode = try mapping["mode"]?.word(of: Mode.self) ?? mode
    for key in Self.imageKeys where mode != .image {
      guard let node = mapping[key] else { continue }
      throw PolicyError(
        at: node.location, "\(subject) have `\(key)`, which means nothing with `mode: \(mode.rawValue)`",
        hint: "leave it out, or archive them as images: `mode: image`")
    }
    blockSize = try mapping["block-size"].map { node throws(PolicyError) in try Self.blockSize(node) }
    audit = try mapping["audit"]?.percentage() ?? audit
    compareInFull = try mapping["compare-in-full"]?.int(in: 0...10_000) ?? compareInFull
    together = try mapping["together"]?.bool() ?? together
    freeze = try mapping["freeze"].map { node throws(PolicyError) in try Freeze(node) }
    luksKey = try mapping["luks"].map { node throws(PolicyError) in try LUKSKey(node, of: subject) }
    maximumAge = try mapping["maximum-age"]?.maximumAge()
  }

  private static func blockSize(_ node: DocumentNode) throws(PolicyError) -> ByteCount {
    let size = try node.byteCount(in: blockSizes)
    guard size.bytes.nonzeroBitCount == 1 else { throw node.unexpected(expected: "a power of two, such as `64KiB`") }
    return size
  }
}

extension VolumeDeclaration.Exclusion {
  fileprivate init(_ node: DocumentNode, of subject: String) throws(PolicyError) {
    let mapping = try node.mapping(allowing: ["match", "claim", "reason"], as: "an exclusion of \(subject)")
    let text: String
    switch (mapping["match"], mapping["claim"]) {
    case (let node?, nil):
      let pattern = try node.volumePattern()
      (excluded, text) = (.volumes(pattern), pattern.text)
    case (nil, let node?):
      let (namespace, claim) = try node.claimPattern()
      (excluded, text) = (.claims(namespace: namespace, claim: claim), "\(namespace)/\(claim)")
    case (let both, _):
      throw PolicyError(
        at: mapping.location,
        "an exclusion of \(subject) has " + (both == nil ? "neither `match` nor `claim`" : "both `match` and `claim`"),
        hint:
          "`match` is a pattern of names of volumes, `claim` one of `NAMESPACE/CLAIM`; write two exclusions for both")
    }
    guard let reason = mapping["reason"] else {
      throw PolicyError(
        at: mapping.location, "exclusion `\(text)` of \(subject) has no `reason`",
        hint: "write why it need not be backed up: `reason: \"…\"`")
    }
    self.reason = try reason.nonBlankString("a reason in words")
  }
}

extension VolumeDeclaration.Freeze {
  fileprivate init(_ node: DocumentNode) throws(PolicyError) {
    let mapping = try node.mapping(allowing: ["command", "thaw", "timeout"])
    self.init(
      freeze: try mapping.required("command").argumentVector(), thaw: try mapping.required("thaw").argumentVector())
    // Writes of a frozen application pile up: longer than this nobody waits.
    timeLimit = try mapping["timeout"]?.duration(in: .seconds(1) ... .seconds(600)) ?? timeLimit
  }
}

extension VolumeDeclaration.LUKSKey {
  fileprivate init(_ node: DocumentNode, of subject: String) throws(PolicyError) {
    let mapping = try node.mapping(allowing: ["key-file", "key-command"])
    switch (mapping["key-file"], mapping["key-command"]) {
    case (let node?, nil): self = .file(try PathRule.absolute.path(node))
    case (nil, let node?): self = .command(try node.argumentVector())
    case (let both, _):
      throw PolicyError(
        at: mapping.location,
        "`luks` of \(subject) has "
          + (both == nil ? "neither `key-file` nor `key-command`" : "both `key-file` and `key-command`"),
        hint: "name one place from which the key comes, or leave `luks` out to archive the ciphertext as it is")
    }
  }
}
