public import BackupModel
public import BackupPolicy
public import HostSystem
public import JobEngine

/// A kind of job that a schedule can name: `archive`, `verify`, `drill`.
///
/// To add one, write a type and list it in ``JobKinds/all``.
public protocol JobKind: SendableMetatype {
  /// The word after `kind:`.
  static var name: String { get }
  /// The keys that a declaration may have besides those of all jobs.
  static var keys: Set<String> { get }
  /// Checks a declaration and makes what runs it. Does nothing else: the whole schedule is checked before anything starts.
  ///
  /// - Throws: `PolicyError` naming file and line.
  static func body(of declaration: JobDeclaration, in scope: JobScope) throws -> any JobBody<SourceID>
  /// Whether its tasks make points, so that each is an attempt to back up its source.
  static var makesPoints: Bool { get }
}

extension JobKind {
  /// No: most kinds look at points that there are.
  public static var makesPoints: Bool { false }
}

/// What all jobs of a run work with.
public struct JobScope: Sendable {
  /// The repository, and how archives are made.
  public var settings: ArchiveSettings
  /// The trees that jobs may name: the schedule's and the configuration's.
  public var trees: [TreeDeclaration]
  /// The streams that jobs may name, likewise.
  public var streams: [StreamDeclaration] = []
  /// The selections of volumes that jobs may name, likewise.
  public var volumes: [VolumeDeclaration] = []
  /// The services that the configuration declares.
  public var services: [ServiceDeclaration] = []
  /// The configuration of the host, by which services and keep rules are found; nil if there is none.
  public var configuration: Configuration?
  /// What work on volumes needs; nil where there is none to be done.
  public var volumeHost: VolumeHost?
  /// The name of the run, for those who are told of it; nil outside of one.
  public var run: String?
  /// The clock.
  public var clock: any HostClock
  /// Where drills restore to: a directory for short-lived, large files.
  public var scratchDirectory: PathBytes
  /// Takes leases on what must not outlive the process; nil if nobody would reclaim them.
  public var leasing: Leasing?

  /// Gathers the scope of a run.
  public init(
    settings: ArchiveSettings, trees: [TreeDeclaration], clock: any HostClock, scratchDirectory: PathBytes,
    leasing: Leasing? = nil
  ) {
    self.settings = settings
    self.trees = trees
    self.clock = clock
    self.scratchDirectory = scratchDirectory
    self.leasing = leasing
  }

  /// What work on volumes needs.
  ///
  /// - Throws: ``EngineError`` `badSpecification` if the scope has none.
  func host() throws(EngineError) -> VolumeHost {
    guard let volumeHost else {
      throw EngineError(.badSpecification, "cannot work on volumes: nothing says by which tools")
    }
    return volumeHost
  }

  /// How long ago something was; nil if it never was.
  func age(of time: Timestamp?) -> Duration? {
    time.map { .seconds(max(0, clock.now().seconds - $0.seconds)) }
  }
}

/// The kinds of jobs that are built in; ``JobKindRegistry`` adds plug-ins.
public enum JobKinds {
  /// All built-in kinds.
  public static let all: [any JobKind.Type] = [
    SnapshotJob.self, ArchiveJob.self, VerifyJob.self, DrillJob.self, RetentionJob.self,
  ]

  static func kind(named name: String) -> (any JobKind.Type)? { all.first { $0.name == name } }
}
