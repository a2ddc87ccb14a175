public import BackupModel

/// A selection of thin volumes to protect; each of them is a source of its own, `volume/GROUP/VOLUME`.
public struct VolumeDeclaration: Hashable, Sendable {
  /// How the volumes are archived.
  public enum Mode: String, CaseIterable, Hashable, Sendable {
    /// As an image: blocks are read, nothing is mounted.
    case image
    /// As files: a throwaway snapshot is mounted and walked.
    case files
  }

  /// Which volumes an exclusion means.
  public enum Excluded: Hashable, Sendable {
    /// Those whose own name matches.
    case volumes(Wildcard)
    /// Those whose claim matches.
    case claims(namespace: Wildcard, claim: Wildcard)
  }

  /// Volumes that are left out on purpose.
  public struct Exclusion: Hashable, Sendable {
    /// Which ones.
    public var excluded: Excluded
    /// Why they are left out; never blank.
    public var reason: String

    /// Makes an exclusion.
    public init(_ excluded: Excluded, reason: String) {
      self.excluded = excluded
      self.reason = reason
    }
  }

  /// Commands that hold an application still around the making of a snapshot.
  public struct Freeze: Hashable, Sendable {
    /// Holds it still: the program and its arguments.
    public var freeze: [String]
    /// Lets it go on; run in any case once ``freeze`` was started.
    public var thaw: [String]
    /// How long each of the two may take, a second to ten minutes; 30 seconds unless set.
    public var timeLimit: Duration

    /// Makes a pair of commands.
    public init(freeze: [String], thaw: [String], timeLimit: Duration = .seconds(30)) {
      self.freeze = freeze
      self.thaw = thaw
      self.timeLimit = timeLimit
    }
  }

  /// Where the key of encrypted volumes comes from.
  public enum LUKSKey: Hashable, Sendable {
    /// A file that holds it; an absolute path.
    case file(String)
    /// A command that writes it to its standard output.
    case command([String])
  }

  /// The name by which jobs mean the selection; the sources are named after the volumes.
  public var name: String
  /// The volume group.
  public var group: String
  /// The thin pool; nil is every one of the group.
  public var pool: String?
  /// Patterns of which a volume's name must match one.
  public var patterns: [Wildcard]
  /// Patterns of which the namespace of a volume's claim must match one; nil is any volume, with a claim or without.
  public var namespaces: [Wildcard]?
  /// How large a volume must be at least.
  public var minimumSize: ByteCount?
  /// How large a volume may be at most.
  public var maximumSize: ByteCount?
  /// What is left out, in the order of the file; the first that matches gives the reason.
  public var exclusions: [Exclusion]
  /// How the volumes are archived.
  public var mode: Mode
  /// The size of the blocks into which images are cut; nil is the program's default.
  public var blockSize: ByteCount?
  /// Which share of the ranges that are said to be the same is read anyway and compared.
  public var audit: Percentage
  /// Every how-manieth point compares everything, 0 for never.
  public var compareInFull: Int
  /// Whether the snapshots of all the volumes are made at one instant.
  public var together: Bool
  /// What holds an application still; nil is nothing.
  public var freeze: Freeze?
  /// The key of encrypted volumes; without one their ciphertext is archived as it is.
  public var luksKey: LUKSKey?
  /// How old the newest good point of each source may be; nil is what the configuration says for all.
  public var maximumAge: Duration?

  /// The share that is audited unless the declaration says another one.
  public static let defaultAudit = Percentage(percent: 1)
  /// Every how-manieth point compares everything unless the declaration says otherwise.
  public static let defaultCompareInFull = 20

  /// Whether volumes can be told apart only by their claims, so that without a list of claims nothing can be selected.
  public var needsClaims: Bool {
    namespaces != nil
      || exclusions.contains { exclusion in
        if case .claims = exclusion.excluded { true } else { false }
      }
  }

  /// Makes a declaration; without the optional parts it selects every thin volume of a group.
  public init(
    name: String, group: String, pool: String? = nil, patterns: [Wildcard] = [.anything],
    namespaces: [Wildcard]? = nil, minimumSize: ByteCount? = nil, maximumSize: ByteCount? = nil,
    exclusions: [Exclusion] = [], mode: Mode = .image, blockSize: ByteCount? = nil,
    audit: Percentage = VolumeDeclaration.defaultAudit, compareInFull: Int = VolumeDeclaration.defaultCompareInFull,
    together: Bool = false, freeze: Freeze? = nil, luksKey: LUKSKey? = nil, maximumAge: Duration? = nil
  ) {
    self.name = name
    self.group = group
    self.pool = pool
    self.patterns = patterns
    self.namespaces = namespaces
    self.minimumSize = minimumSize
    self.maximumSize = maximumSize
    self.exclusions = exclusions
    self.mode = mode
    self.blockSize = blockSize
    self.audit = audit
    self.compareInFull = compareInFull
    self.together = together
    self.freeze = freeze
    self.luksKey = luksKey
    self.maximumAge = maximumAge
  }
}
