public import BackupModel

/// A directory tree to protect: one source, or with ``eachChild`` one source for every directory in it.
public struct TreeDeclaration: Hashable, Sendable {
  /// Something inside the tree that is left out on purpose.
  public struct Exclusion: Hashable, Sendable {
    /// A pattern as ``ExcludePatterns`` understands it.
    public var pattern: String
    /// Why it is left out; never blank.
    public var reason: String

    /// Makes an exclusion.
    public init(pattern: String, reason: String) {
      self.pattern = pattern
      self.reason = reason
    }
  }

  /// A directory directly below a tree with ``TreeDeclaration/eachChild`` that is no source.
  public struct ExcludedChild: Hashable, Sendable {
    /// The directory's name as it is on disk.
    public var name: String
    /// Why it is left out; never blank.
    public var reason: String

    /// Makes an exclusion.
    public init(name: String, reason: String) {
      self.name = name
      self.reason = reason
    }
  }

  /// The source: its kind is tree, its name the declared one. With ``eachChild``, the prefix of the sources' names.
  public let source: SourceID
  /// The directory. Absolute in a configuration; in a schedule it may be relative to the current directory.
  public var path: String
  /// What is left out, in the order in which the patterns apply.
  public var exclusions: [Exclusion]
  /// Whether mount points inside the tree are not crossed.
  public var staysOnOneFileSystem: Bool
  /// Whether every directory below is a source of its own, and the loose files one more, `NAME/_files`.
  public var eachChild: Bool
  /// Directories below that are no source; empty unless ``eachChild``.
  public var excludedChildren: [ExcludedChild]
  /// How old the newest good point of each source may be; nil is what the configuration says for all.
  public var maximumAge: Duration?

  /// The name: `etc`, `nfs/immich`.
  public var name: String { source.name }

  /// Makes a declaration.
  public init(
    source: SourceID, path: String, exclusions: [Exclusion] = [], staysOnOneFileSystem: Bool = true,
    eachChild: Bool = false, excludedChildren: [ExcludedChild] = [], maximumAge: Duration? = nil
  ) {
    self.source = source
    self.path = path
    self.exclusions = exclusions
    self.staysOnOneFileSystem = staysOnOneFileSystem
    self.eachChild = eachChild
    self.excludedChildren = excludedChildren
    self.maximumAge = maximumAge
  }

  /// The compiled exclusions.
  ///
  /// - Throws: ``PolicyError`` for a pattern that is wrong; those of a parsed document were checked.
  public func excludePatterns() throws(PolicyError) -> ExcludePatterns {
    try ExcludePatterns(exclusions.map(\.pattern))
  }
}
