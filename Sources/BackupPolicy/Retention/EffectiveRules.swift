/// The rules that apply to a source, and where they come from.
public struct EffectiveRules: Hashable, Sendable {
  /// Who says so, the most specific first.
  public enum Origin: Hashable, Sendable {
    /// A person, with this command.
    case commandLine
    /// The configuration, for sources of that pattern.
    case source(pattern: String)
    /// The configuration, for a service.
    case service(name: String)
    /// The job that forgets.
    case job(name: String)
    /// The configuration, for everything.
    case configuration
  }

  /// The rules.
  public let keep: KeepRules
  /// Who says so.
  public let origin: Origin
  /// Where it is written; nil for a command line.
  public let location: DocumentLocation?

  /// Makes rules with their origin.
  public init(_ keep: KeepRules, from origin: Origin, at location: DocumentLocation? = nil) {
    self.keep = keep
    self.origin = origin
    self.location = location
  }

  init(_ rules: RetentionDeclaration.Rules, from origin: Origin) {
    self.init(rules.keep, from: origin, at: rules.location)
  }

  /// Where the rules come from: `service nextcloud, backupctl.yaml:31`.
  public var originText: String {
    let place = location.map { ", \($0)" } ?? ""
    return switch origin {
    case .commandLine: "--keep"
    case .source(let pattern): "source \(pattern)\(place)"
    case .service(let name): "service \(name)\(place)"
    case .job(let name): "job \(name)\(place)"
    case .configuration: "configuration\(place)"
    }
  }
}

extension EffectiveRules: CustomStringConvertible {
  /// The rules and where they come from: `daily=7,weekly=4 (service nextcloud, backupctl.yaml:31)`.
  public var description: String { "\(keep) (\(originText))" }
}
