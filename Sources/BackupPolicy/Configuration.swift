/// What an administrator declares in `/etc/backupctl/config.yaml`: the repository, the sources, and how the program
/// goes about its work.
public struct Configuration: Hashable, Sendable {
  /// Where backups are stored.
  public var repository: RepositoryDeclaration
  /// Where the program keeps its journal and other state, an absolute path; nil is the program's default.
  public var stateDirectory: String?
  /// The directory of the schedules that are named without a path; absolute.
  public var scheduleDirectory: String
  /// The directories in which plug-ins are looked for, the first first; absolute.
  public var pluginDirectories: [String]
  /// How old the newest good point of a source may be that doesn't say so itself; nil is any age.
  public var maximumAge: Duration?
  /// The directories that are backed up, in the order of the file.
  public var trees: [TreeDeclaration]
  /// The commands whose output is backed up, in the order of the file.
  public var streams: [StreamDeclaration]
  /// The thin volumes that are backed up, in the order of the file.
  public var volumes: [VolumeDeclaration]
  /// How full a thin pool may be for a snapshot to be made.
  public var poolLimits: PoolLimits
  /// How the cluster is asked whose the volumes are; nil is not at all.
  public var kubernetes: KubernetesDeclaration?
  /// The services whose sources don't say by their names that they belong together, in the order of the file.
  public var services: [ServiceDeclaration]
  /// Which points stay.
  public var retention: RetentionDeclaration
  /// How restores in place go about their work.
  public var restore: RestoreDeclaration
  /// How archives are made.
  public var parameters: ArchiveParameters
  /// How much of the machine backups may take.
  public var limits: Limits
  /// Where metrics go.
  public var metrics: MetricsDeclaration
  /// Who is told of what, in the order of the file.
  public var notifications: [NotificationDeclaration]
  /// What ought to be protected.
  public var coverage: CoverageDeclaration

  /// The schedule directory unless the configuration names another one.
  public static let defaultScheduleDirectory = "/etc/backupctl/schedules"
  /// The plug-in directories unless the configuration names others.
  public static let defaultPluginDirectories = ["/usr/local/lib/backupctl/kinds", "/usr/lib/backupctl/kinds"]

  /// Makes a configuration; what isn't given has its default.
  public init(
    repository: RepositoryDeclaration, trees: [TreeDeclaration] = [], streams: [StreamDeclaration] = [],
    parameters: ArchiveParameters = .init(), limits: Limits = .init(), stateDirectory: String? = nil,
    scheduleDirectory: String = Configuration.defaultScheduleDirectory,
    pluginDirectories: [String] = Configuration.defaultPluginDirectories, maximumAge: Duration? = nil,
    metrics: MetricsDeclaration = .init(), notifications: [NotificationDeclaration] = [],
    coverage: CoverageDeclaration = .init(), volumes: [VolumeDeclaration] = [], poolLimits: PoolLimits = .init(),
    kubernetes: KubernetesDeclaration? = nil, services: [ServiceDeclaration] = [],
    restore: RestoreDeclaration = .init(), retention: RetentionDeclaration = .init()
  ) {
    self.repository = repository
    self.stateDirectory = stateDirectory
    self.scheduleDirectory = scheduleDirectory
    self.pluginDirectories = pluginDirectories
    self.maximumAge = maximumAge
    self.trees = trees
    self.streams = streams
    self.parameters = parameters
    self.limits = limits
    self.metrics = metrics
    self.notifications = notifications
    self.coverage = coverage
    self.volumes = volumes
    self.poolLimits = poolLimits
    self.kubernetes = kubernetes
    self.services = services
    self.retention = retention
    self.restore = restore
  }
}
