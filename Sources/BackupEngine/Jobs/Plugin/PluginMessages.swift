import BackupPolicy

/// What a plug-in is told on its standard input; the keys are those of `docs/plugin-protocol.schema.json`.
enum PluginMessages {
  /// What it may know of the configuration.
  struct Facts: Encodable {
    var host: String
    var tool: String
    var repository: String
    var scratch: String
    var run: String?
  }

  /// An ended task of a job that this one is `of`.
  struct Input: Encodable {
    var job: String
    var subject: String
    var state: String
    var results: [String: String]
  }

  /// The input of `expand`.
  struct Expand: Encodable {
    var `protocol` = KindPlugin.protocolVersion
    var job: String
    var kind: String
    var specification: JSONValue
    var inputs: [Input]
    var facts: Facts
  }

  /// The input of `run`.
  struct Run: Encodable {
    var `protocol` = KindPlugin.protocolVersion
    var job: String
    var kind: String
    var specification: JSONValue
    var subject: String
    var parameters: [String: String]
    var attempt: Int
    /// Where the content of the point goes, for a kind that produces streams.
    var stream: String?
    var facts: Facts
  }

  /// The answer of `describe`.
  struct Description: Decodable, Sendable {
    var `protocol`: Int
    var keys: [String]
    var streams: Bool?
  }

  /// A task in the result of `expand`.
  struct Task: Decodable, Sendable {
    var subject: String
    var parameters: [String: String]?
    var stalenessSeconds: Double?
    var expectedSeconds: Double?
  }

  /// The result of `expand`.
  struct Expansion: Decodable, Sendable {
    var tasks: [Task]
  }

  /// The result of `run`.
  struct Outcome: Decodable, Sendable {
    enum Grade: String, Decodable, Sendable {
      case succeeded, degraded
    }

    var grade: Grade
    var message: String?
    var details: [String]?
    var results: [String: String]?
  }
}
