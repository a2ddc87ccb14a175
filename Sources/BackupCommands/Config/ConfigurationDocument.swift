import BackupModel
import BackupPolicy

/// A configuration as JSON: the keys of the YAML, every default spelled out, sizes in bytes.
struct ConfigurationDocument: Encodable {
  struct Repository: Encodable {
    let path: String
    let id: String?
    let mustBeMounted: Bool
    let immutable: Bool

    enum CodingKeys: String, CodingKey {
      case path, id, immutable
      case mustBeMounted = "must-be-mounted"
    }
  }

  struct Parameters: Encodable {
    let compressionLevel: Int
    let frameSize: ByteCount
    let packSize: ByteCount
    let chunkSize: ByteCount
    let suspiciousBelow: String

    enum CodingKeys: String, CodingKey {
      case compressionLevel = "compression-level"
      case frameSize = "frame-size"
      case packSize = "pack-size"
      case chunkSize = "chunk-size"
      case suspiciousBelow = "suspicious-below"
    }
  }

  struct Limits: Encodable {
    let readRate: ByteCount?
    let writeRate: ByteCount?
    let ioPressure: String?
    let threads: Int?

    enum CodingKeys: String, CodingKey {
      case threads
      case readRate = "read-rate"
      case writeRate = "write-rate"
      case ioPressure = "io-pressure"
    }
  }

  let repository: Repository
  let stateDirectory: String?
  let schedules: String
  let plugins: [String]
  let maximumAge: String?
  let trees: [Tree]
  let streams: [Stream]
  let volumes: [Volumes]
  let poolLimits: PoolLimits
  let kubernetes: Kubernetes?
  let services: [Service]
  let retention: Retention
  let restore: Restore
  let parameters: Parameters
  let limits: Limits
  let metrics: Metrics
  let notifications: [Notification]
  let coverage: Coverage

  enum CodingKeys: String, CodingKey {
    case repository, schedules, plugins, trees, streams, volumes, kubernetes, services, retention, restore, parameters
    case limits, metrics, notifications, coverage
    case poolLimits = "pool-limits"
    case stateDirectory = "state-directory"
    case maximumAge = "maximum-age"
  }

  init(_ configuration: Configuration) {
    let declared = configuration.repository
    repository = Repository(
      path: declared.path, id: declared.id, mustBeMounted: declared.mustBeMounted, immutable: declared.isImmutable)
    stateDirectory = configuration.stateDirectory
    schedules = configuration.scheduleDirectory
    plugins = configuration.pluginDirectories
    maximumAge = configuration.maximumAge?.policyText
    trees = configuration.trees.map(Tree.init(_:))
    streams = configuration.streams.map(Stream.init(_:))
    volumes = configuration.volumes.map(Volumes.init(_:))
    poolLimits = PoolLimits(
      data: configuration.poolLimits.data.description, metadata: configuration.poolLimits.metadata.description)
    kubernetes = configuration.kubernetes.map(Kubernetes.init(_:))
    let values = configuration.parameters
    services = configuration.services.map(Service.init(_:))
    retention = Retention(configuration.retention)
    restore = Restore(keepUndo: configuration.restore.keepUndo.policyText)
    parameters = Parameters(
      compressionLevel: values.compressionLevel, frameSize: values.frameSize, packSize: values.packSize,
      chunkSize: values.chunkSize, suspiciousBelow: values.suspiciousBelow.description)
    let bounds = configuration.limits
    limits = Limits(
      readRate: bounds.readRate, writeRate: bounds.writeRate, ioPressure: bounds.ioPressure?.description,
      threads: bounds.threads)
    metrics = Metrics(configuration.metrics)
    notifications = configuration.notifications.map(Notification.init(_:))
    coverage = Coverage(configuration.coverage)
  }
}
