import Yams

extension DocumentNode {
  /// The deepest nesting that is accepted; more is a mistake, and each level costs stack.
  static let deepestNesting = 64

  /// Parses one YAML document.
  ///
  /// An empty text, or one of comments only, is an empty mapping.
  ///
  /// - Parameters:
  ///   - text: the document.
  ///   - file: the name under which errors speak of it.
  /// - Throws: ``PolicyError`` of the category `usage` for anything that isn't one well-formed, strict document.
  public static func parse(text: String, file: String) throws(PolicyError) -> DocumentNode {
    let parser: Parser
    let root: Yams.Node?
    do {
      // The basic resolver leaves scalars as text: no regular expression is compiled or run.
      parser = try Parser(yaml: text, resolver: .basic, constructor: .default, encoding: .utf8)
      root = try parser.singleRoot()
    } catch {
      throw PolicyError(yaml: error, text: text, file: file)
    }
    // Nodes hold their anchors weakly and the parser holds them strongly, so it must live until they were looked at.
    defer { withExtendedLifetime(parser) {} }
    let start = DocumentLocation(file: file, line: 1)
    guard let root else { return DocumentNode(location: start, label: "the document", content: .mapping([])) }
    return try DocumentNode(root, file: file, label: "the document", near: start, depth: 0)
  }

  private init(
    _ node: Yams.Node, file: String, label: String, near outer: DocumentLocation, depth: Int
  ) throws(PolicyError) {
    let location = node.mark.map { DocumentLocation(file: file, line: $0.line, column: $0.column) } ?? outer
    // Refusing an anchor before descending also bounds the walk: an alias repeats an anchored node only.
    guard node.anchor == nil, node.alias == nil else {
      throw PolicyError(
        at: location, "\(label) has an anchor or is an alias, which are not used here", hint: "write the value out")
    }
    guard depth <= Self.deepestNesting else {
      throw PolicyError(at: location, "values are nested deeper than \(Self.deepestNesting) levels")
    }
    let plainTags: [Tag.Name] = [.str, .seq, .map]
    guard plainTags.contains(where: { $0.rawValue == node.tag.rawValue }) else {
      throw PolicyError(at: location, "\(label) has the tag `\(node.tag.rawValue)`; tags are not used here")
    }
    self.location = location
    self.label = label
    switch node {
    case .scalar(let scalar):
      content = .scalar(scalar.string, isQuoted: scalar.style != .plain)
    case .sequence(let sequence):
      var elements: [DocumentNode] = []
      for (position, element) in sequence.enumerated() {
        let name = "item \(position + 1) of \(label)"
        elements.append(try DocumentNode(element, file: file, label: name, near: location, depth: depth + 1))
      }
      content = .list(elements)
    case .mapping(let mapping):
      var entries: [Entry] = []
      for (key, value) in mapping {
        let place = key.mark.map { DocumentLocation(file: file, line: $0.line, column: $0.column) } ?? location
        guard case .scalar(let scalar) = key, key.anchor == nil, !scalar.string.isEmpty else {
          throw PolicyError(at: place, "a key of \(label) is not a word")
        }
        let name = scalar.string
        guard name != "<<" else {
          throw PolicyError(at: place, "\(label) has a merge key `<<`, which is not used here", hint: "write it out")
        }
        let node = try DocumentNode(value, file: file, label: "`\(name)`", near: place, depth: depth + 1)
        entries.append(Entry(key: name, location: place, value: node))
      }
      content = .mapping(entries)
    case .alias:
      throw PolicyError(at: location, "\(label) is an alias, which are not used here")
    }
  }
}

extension PolicyError {
  /// Says of a YAML library's error where and what it is.
  fileprivate init(yaml error: any Error, text: String, file: String) {
    guard let error = error as? YamlError else {
      self.init(message: "cannot read \(file): not valid YAML: \(error)")
      return
    }
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let line = mark.line
      let place = DocumentLocation(file: file, line: line, column: mark.column)
      let lines = text.split(separator: "\n", maxSplits: line, omittingEmptySubsequences: false)
      if line <= lines.count, line > 0, lines[line - 1].prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
        self.init(at: place, "the line is indented with a tab", hint: "indent with spaces")
      } else {
        let about = context.map { " \($0.text)\($0.text.hasPrefix("while") ? ":" : "")" } ?? ""
        self.init(at: place, "not valid YAML:\(about) \(problem) (column \(mark.column))")
      }
    case .duplicatedKeysInMapping(let keys, let context):
      let place = DocumentLocation(file: file, line: context.mark.line, column: context.mark.column)
      self.init(
        at: place, "duplicate key \(listed(keys.sorted()))", hint: "keep one of them; the first is on this line")
    case .reader(let problem, let offset, _, let yaml):
      let before = yaml.prefix(offset ?? 0)
      let line = before.reduce(1) { $1.isNewline ? $0 + 1 : $0 }
      self.init(at: DocumentLocation(file: file, line: line), "not valid YAML: \(problem)")
    default:
      self.init(message: "cannot read \(file): not valid YAML: \(error)")
    }
  }
}
