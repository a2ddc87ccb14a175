/// A workload of a cluster that uses a service's data, as a configuration names it.
public struct WorkloadDeclaration: Hashable, Sendable {
  /// What it is, by the word that `kubectl` takes.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    case deployment
    case statefulSet = "statefulset"
    case daemonSet = "daemonset"
  }

  /// What it is.
  public var kind: Kind
  /// Its namespace.
  public var namespace: String
  /// Its name.
  public var name: String

  /// Names one.
  public init(_ kind: Kind, _ name: String, in namespace: String) {
    self.kind = kind
    self.namespace = namespace
    self.name = name
  }

  private static let example = "a workload such as `deployment/wiki in apps`"

  /// Reads the value of `workloads`: texts as ``description`` has them, none of them twice.
  static func list(_ node: DocumentNode) throws(PolicyError) -> [WorkloadDeclaration] {
    var workloads: [WorkloadDeclaration] = []
    for element in try node.distinctStringNodes() { workloads.append(try WorkloadDeclaration(element)) }
    return workloads
  }

  private init(_ node: DocumentNode) throws(PolicyError) {
    let words = try node.string().split(separator: " ", omittingEmptySubsequences: false)
    let target = words[0].split(separator: "/", omittingEmptySubsequences: false)
    guard words.count == 3, words[1] == "in", target.count == 2 else { throw node.unexpected(expected: Self.example) }
    guard let kind = Kind(rawValue: String(target[0])) else {
      let known = Kind.allCases.map(\.rawValue)
      throw PolicyError(
        at: node.location,
        "the workload `\(words.joined(separator: " "))` has the unknown kind `\(target[0])`"
          + suggestion(for: String(target[0]), among: known),
        hint: "kinds known here: \(listed(known)); of anything else name what makes its pods")
    }
    guard Self.isName(target[1], atMost: 253, dots: true), Self.isName(words[2], atMost: 63, dots: false) else {
      throw node.unexpected(
        expected:
          "\(Self.example): lower-case letters, digits and `-`, in a name also `.`, first and last none of these")
    }
    self.init(kind, String(target[1]), in: String(words[2]))
  }

  /// Whether a text is a name as Kubernetes has them: RFC 1123, a subdomain or a label.
  private static func isName(_ text: Substring, atMost length: Int, dots: Bool) -> Bool {
    func isAlphanumeric(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    guard let first = text.utf8.first, let last = text.utf8.last, isAlphanumeric(first), isAlphanumeric(last) else {
      return false
    }
    return text.utf8.count <= length
      && text.utf8.allSatisfy {
        isAlphanumeric($0) || $0 == UInt8(ascii: "-") || (dots && $0 == UInt8(ascii: "."))
      }
  }
}

extension WorkloadDeclaration: CustomStringConvertible {
  /// `deployment/wiki in apps`.
  public var description: String { "\(kind.rawValue)/\(name) in \(namespace)" }
}
