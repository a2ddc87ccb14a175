import BackupModel
import BackupPolicy

extension ConfigurationDocument {
  /// A selection of thin volumes.
  struct Volumes: Encodable {
    struct Exclusion: Encodable {
      let match: String?
      let claim: String?
      let reason: String

      init(_ exclusion: VolumeDeclaration.Exclusion) {
        switch exclusion.excluded {
        case .volumes(let pattern): (match, claim) = (pattern.text, nil)
        case .claims(let namespace, let name): (match, claim) = (nil, "\(namespace)/\(name)")
        }
        reason = exclusion.reason
      }
    }

    struct Freeze: Encodable {
      let command: [String]
      let thaw: [String]
      let timeout: String
    }

    struct LUKS: Encodable {
      var keyFile: String?
      var keyCommand: [String]?

      enum CodingKeys: String, CodingKey {
        case keyFile = "key-file"
        case keyCommand = "key-command"
      }

      init(_ key: VolumeDeclaration.LUKSKey) {
        switch key {
        case .file(let path): keyFile = path
        case .command(let vector): keyCommand = vector
        }
      }
    }

    let name: String
    let group: String
    let pool: String?
    let match: [String]
    let namespaces: [String]?
    let minimumSize: ByteCount?
    let maximumSize: ByteCount?
    let exclude: [Exclusion]
    let mode: String
    let blockSize: ByteCount?
    let audit: String?
    let compareInFull: Int?
    let together: Bool
    let freeze: Freeze?
    let luks: LUKS?
    let maximumAge: String?

    enum CodingKeys: String, CodingKey {
      case name, group, pool, match, namespaces, exclude, mode, audit, together, freeze, luks
      case minimumSize = "minimum-size"
      case maximumSize = "maximum-size"
      case blockSize = "block-size"
      case compareInFull = "compare-in-full"
      case maximumAge = "maximum-age"
    }

    init(_ volumes: VolumeDeclaration) {
      name = volumes.name
      group = volumes.group
      pool = volumes.pool
      match = volumes.patterns.map(\.text)
      namespaces = volumes.namespaces?.map(\.text)
      minimumSize = volumes.minimumSize
      maximumSize = volumes.maximumSize
      exclude = volumes.exclusions.map(Exclusion.init(_:))
      mode = volumes.mode.rawValue
      blockSize = volumes.blockSize
      // As in the YAML: what means nothing for files isn't there.
      audit = volumes.mode == .image ? volumes.audit.description : nil
      compareInFull = volumes.mode == .image ? volumes.compareInFull : nil
      together = volumes.together
      freeze = volumes.freeze.map {
        Freeze(command: $0.freeze, thaw: $0.thaw, timeout: $0.timeLimit.policyText)
      }
      luks = volumes.luksKey.map(LUKS.init(_:))
      maximumAge = volumes.maximumAge?.policyText
    }
  }

  /// How full a thin pool may be.
  struct PoolLimits: Encodable {
    let data: String
    let metadata: String
  }

  /// How the cluster is asked.
  struct Kubernetes: Encodable {
    let command: [String]
    let driver: String
    let timeout: String

    init(_ cluster: KubernetesDeclaration) {
      command = cluster.command
      driver = cluster.driver
      timeout = cluster.timeLimit.policyText
    }
  }
}
