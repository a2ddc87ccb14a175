extension NotificationDeclaration {
  private static let targetKeys = ["webhook", "ntfy", "mail", "command", "ping"]

  /// Reads a list of notifications, each of another name.
  static func list(_ node: DocumentNode) throws(PolicyError) -> [NotificationDeclaration] {
    var notifications: [NotificationDeclaration] = []
    for element in try node.elements() {
      let notification = try NotificationDeclaration(element)
      guard !notifications.contains(where: { $0.name == notification.name }) else {
        throw PolicyError(at: element.location, "duplicate notification name `\(notification.name)`")
      }
      notifications.append(notification)
    }
    return notifications
  }

  private init(_ node: DocumentNode) throws(PolicyError) {
    let mapping = try node.mapping(allowing: Set(["name", "on", "schedules"] + Self.targetKeys))
    name = try mapping.required("name").plainName()
    let subject = "notification `\(name)`"
    let given = mapping.keys.filter(Self.targetKeys.contains)
    guard let key = given.first else {
      throw PolicyError(
        at: mapping.location, "\(subject) does not say where it goes", hint: "give one of \(listed(Self.targetKeys))")
    }
    guard given.count == 1 else {
      throw PolicyError(
        at: mapping.location, "\(subject) has both `\(given[0])` and `\(given[1])`, but goes to one place",
        hint: "declare a notification of another name for the other")
    }
    target = try Target(key, mapping.required(key))
    events = try mapping["on"].map { node throws(PolicyError) in try Self.events(node) } ?? Self.defaultEvents
    if case .ping = target {
      if let on = mapping["on"] {
        throw PolicyError(
          at: on.location, "\(subject) is a `ping`, which has no `on`", hint: "it tells of each start and each end")
      }
      events = []
    }
    schedules = try mapping["schedules"].map { node throws(PolicyError) in
      let names = try node.distinctStringNodes().map { element throws(PolicyError) in try element.plainName() }
      guard !names.isEmpty else { throw node.unexpected(expected: "the name of at least one schedule") }
      return names
    }
  }

  private static func events(_ node: DocumentNode) throws(PolicyError) -> Set<Event> {
    var events: Set<Event> = []
    for element in try node.distinctStringNodes() { events.insert(try element.word(of: Event.self)) }
    guard !events.isEmpty else {
      throw node.unexpected(expected: "at least one of \(listed(Event.allCases.map(\.rawValue)))")
    }
    return events
  }
}

extension NotificationDeclaration.Target {
  /// Reads the value of the key that names a target.
  fileprivate init(_ key: String, _ node: DocumentNode) throws(PolicyError) {
    switch key {
    case "webhook":
      let mapping = try node.mapping(allowing: ["url", "header-file"])
      self = .webhook(url: try WebAddress.any.text(mapping.required("url")), headerFile: try Self.headerFile(mapping))
    case "ntfy":
      let mapping = try node.mapping(allowing: ["url", "priority", "tags", "header-file"])
      self = .ntfy(
        url: try WebAddress.any.text(mapping.required("url")), priority: try mapping["priority"]?.int(in: 1...5),
        tags: try mapping["tags"].map { node throws(PolicyError) in try Self.tags(node) } ?? [],
        headerFile: try Self.headerFile(mapping))
    case "mail":
      let mapping = try node.mapping(allowing: ["to", "from"])
      let to = try mapping.required("to")
      let recipients = try to.distinctStringNodes().map { element throws(PolicyError) in try element.mailAddress() }
      guard !recipients.isEmpty else { throw to.unexpected(expected: "at least one mail address") }
      self = .mail(to: recipients, from: try mapping["from"]?.mailAddress())
    case "ping":
      self = .ping(url: try WebAddress.plain.text(node.mapping(allowing: ["url"]).required("url")))
    default:
      self = .command(try node.argumentVector())
    }
  }

  private static func headerFile(_ mapping: StrictMapping) throws(PolicyError) -> String? {
    try mapping["header-file"].map { node throws(PolicyError) in try PathRule.absolute.path(node) }
  }

  private static func tags(_ node: DocumentNode) throws(PolicyError) -> [String] {
    try node.distinctStringNodes().map { element throws(PolicyError) in
      let tag = try element.string()
      // Tags are sent as one header line, separated by commas.
      guard !tag.isEmpty, tag.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ",") }) else {
        throw element.unexpected(expected: "a tag of printable ASCII characters, without spaces and commas")
      }
      return tag
    }
  }
}

extension DocumentNode {
  /// The value as a mail address: a recipient of `sendmail` that can't be taken for an option or start a header.
  fileprivate func mailAddress() throws(PolicyError) -> String {
    let expected = "a mail address such as `root` or `admin@example.org`"
    let address = try nonBlankString(expected)
    let isSafe = address.unicodeScalars.allSatisfy {
      $0.value > 0x20 && !(0x7f...0xa0).contains($0.value) && !",;<>\"()".unicodeScalars.contains($0)
        && !$0.properties.isWhitespace
    }
    guard isSafe, !address.hasPrefix("-"), !address.hasPrefix("@"), !address.hasSuffix("@"),
      address.utf8.count(where: { $0 == UInt8(ascii: "@") }) <= 1
    else { throw unexpected(expected: expected) }
    return address
  }
}
