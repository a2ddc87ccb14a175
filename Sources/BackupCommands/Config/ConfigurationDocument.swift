import BackupModel
import BackupPolicy

/// A configuration as JSON: the keys of the YAML, every default spelled out, sizes in bytes.
struct ConfigurationDocument: Encodable {
  struct Repository: Encodable {
    let path: String
    let id: String?
    let mustBeMounted: Bool

    enum CodingKeys: String, CodingKey {
      case path, id
      case mustBeMounted = "must-be-mounted"
    }
  }

  struct Exclusion: Encodable {
    let pattern: String
    let reason: String
  }

  struct ExcludedChild: Encodable {
    let name: String
    let reason: String
  }

  struct Tree: Encodable {
    let name: String
    let path: String
    let exclude: [Exclusion]
    let oneFileSystem: Bool
    let eachChild: Bool
    let excludeChildren: [ExcludedChild]

    enum CodingKeys: String, CodingKey {
      case name, path, exclude
      case oneFileSystem = "one-file-system"
      case eachChild = "each-child"
      case excludeChildren = "exclude-children"
    }
  }

  struct Parameters: Encodable {
    let compressionLevel: Int
    let frameSize: ByteCount
    let packSize: ByteCount
    let chunkSize: ByteCount
    let threads: Int?
    let suspiciousBelow: String

    enum CodingKeys: String, CodingKey {
      case threads
      case compressionLevel = "compression-level"
      case frameSize = "frame-size"
      case packSize = "pack-size"
      case chunkSize = "chunk-size"
      case suspiciousBelow = "suspicious-below"
    }
  }

  let repository: Repository
  let trees: [Tree]
  let parameters: Parameters

  init(_ configuration: Configuration) {
    let declared = configuration.repository
    repository = Repository(path: declared.path, id: declared.id, mustBeMounted: declared.mustBeMounted)
    trees = configuration.trees.map { tree in
      Tree(
        name: tree.name, path: tree.path,
        exclude: tree.exclusions.map { Exclusion(pattern: $0.pattern, reason: $0.reason) },
        oneFileSystem: tree.staysOnOneFileSystem, eachChild: tree.eachChild,
        excludeChildren: tree.excludedChildren.map { ExcludedChild(name: $0.name, reason: $0.reason) })
    }
    let values = configuration.parameters
    parameters = Parameters(
      compressionLevel: values.compressionLevel, frameSize: values.frameSize, packSize: values.packSize,
      chunkSize: values.chunkSize, threads: values.threads, suspiciousBelow: values.suspiciousBelow.description)
  }
}
