extension Configuration {
  /// Every key that a configuration may have.
  static let keys: Set<String> = [
    "repository", "state-directory", "schedules", "plugins", "maximum-age", "trees", "streams", "volumes",
    "pool-limits",
    "kubernetes", "services", "retention", "restore", "parameters", "limits", "metrics", "notifications", "coverage",
  ]

  /// Parses a configuration.
  ///
  /// - Parameters:
  ///   - text: the document.
  ///   - file: the name under which errors speak of it.
  /// - Throws: ``PolicyError`` of the category `usage` for the first mistake, with file and line.
  public static func parse(text: String, file: String) throws(PolicyError) -> Configuration {
    let root = try DocumentNode.parse(text: text, file: file)
    let mapping = try root.mapping(allowing: keys, as: "a configuration")
    /// Reads the value of a key that is there.
    func read<Value>(
      _ key: String, _ body: (DocumentNode) throws(PolicyError) -> Value
    ) throws(PolicyError) -> Value? {
      guard let node = mapping[key] else { return nil }
      return try body(node)
    }
    let paths = PathRule.absolute
    var configuration = Configuration(
      repository: try RepositoryDeclaration(mapping.required("repository"), paths: paths))
    configuration.stateDirectory = try read("state-directory", paths.path)
    configuration.scheduleDirectory = try read("schedules", paths.path) ?? configuration.scheduleDirectory
    configuration.pluginDirectories = try read("plugins", paths.paths) ?? configuration.pluginDirectories
    configuration.maximumAge = try mapping["maximum-age"]?.maximumAge()
    configuration.trees =
      try read("trees") { node throws(PolicyError) in try TreeDeclaration.list(node, paths: paths) } ?? []
    configuration.streams = try read("streams", StreamDeclaration.list) ?? []
    configuration.volumes = try read("volumes", VolumeDeclaration.list) ?? []
    configuration.poolLimits = try read("pool-limits", PoolLimits.init(_:)) ?? configuration.poolLimits
    configuration.kubernetes = try read("kubernetes", KubernetesDeclaration.init(_:))
    try VolumeDeclaration.checkCluster(of: configuration.volumes, configuration.kubernetes, mapping["volumes"])
    configuration.services = try read("services", ServiceDeclaration.list) ?? []
    try ServiceDeclaration.checkCluster(of: configuration.services, configuration.kubernetes, mapping["services"])
    configuration.retention = try read("retention", RetentionDeclaration.init(_:)) ?? configuration.retention
    configuration.restore = try read("restore", RestoreDeclaration.init(_:)) ?? configuration.restore
    configuration.parameters = try read("parameters", ArchiveParameters.init(_:)) ?? configuration.parameters
    configuration.limits = try read("limits", Limits.init(_:)) ?? configuration.limits
    configuration.metrics = try read("metrics", MetricsDeclaration.init(_:)) ?? configuration.metrics
    configuration.notifications = try read("notifications", NotificationDeclaration.list) ?? []
    configuration.coverage = try read("coverage", CoverageDeclaration.init(_:)) ?? configuration.coverage
    return configuration
  }
}
