/// One compiled pattern of an exclude list.
struct ExcludeRule: Hashable, Sendable {
  /// Whether the rule includes again what an earlier one excluded (`!`).
  let isInclusion: Bool
  /// Whether it applies to directories only (a trailing `/`).
  let isForDirectoriesOnly: Bool
  let form: Form

  enum Form: Hashable, Sendable {
    /// Matches the last name of a path at any depth: a pattern without a slash.
    case name(NamePattern)
    /// Matches a whole path, component by component.
    case path([Component])
  }

  enum Component: Hashable, Sendable {
    case name(NamePattern)
    /// `**`: any number of components, none included.
    case anyDepth
  }

  /// Whether the rule speaks of a path; `name` is the range of the last component.
  func matches(_ path: Span<UInt8>, name: Range<Int>, isDirectory: Bool) -> Bool {
    if isForDirectoriesOnly && !isDirectory { return false }
    switch form {
    case .name(let pattern): return pattern.matches(path, name)
    case .path(let components): return Self.matches(path, components)
    }
  }

  /// The same search as within a name, with components for bytes and `**` for the star: one point of return suffices.
  private static func matches(_ path: Span<UInt8>, _ components: [Component]) -> Bool {
    var position = 0
    var component = 0
    var retry: (component: Int, position: Int)?
    // A position behind the last byte's successor is the end of the path: `end + 1` stands for "no component left".
    let end = path.count
    while position <= end {
      var next = position
      while next < end, path[next] != UInt8(ascii: "/") { next += 1 }
      var isMatch = false
      if component < components.count {
        switch components[component] {
        case .anyDepth:
          component += 1
          retry = (component, position)
          continue
        case .name(let pattern): isMatch = pattern.matches(path, position..<next)
        }
      }
      if isMatch {
        component += 1
        position = next + 1
      } else if let last = retry {
        // The `**` takes one component more.
        var later = last.position
        while later < end, path[later] != UInt8(ascii: "/") { later += 1 }
        retry = (last.component, later + 1)
        component = last.component
        position = later + 1
      } else {
        return false
      }
    }
    while component < components.count, components[component] == .anyDepth { component += 1 }
    return component == components.count
  }
}
