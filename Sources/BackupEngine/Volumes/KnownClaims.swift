public import BackupCatalog
public import BackupModel
public import BackupPolicy
import FoundationEssentials
public import HostSystem
public import VolumeSnapshots

/// The claims of the cluster as far as they are known: asked for now, or the last good answer, or not at all.
public struct KnownClaims: Hashable, Sendable {
  /// The claims; nil if they aren't known.
  public let inventory: ClaimInventory?
  /// Whether the names of claims are known, for selections.
  public let claims: VolumeSelection.Claims
  /// What a person should be told: that the answer isn't today's, or that there is none; nil if there is nothing to say.
  public let warning: String?

  /// Nobody is asked: the configuration names no cluster.
  public static let notAsked = KnownClaims(
    inventory: nil, claims: .unknown(because: "no cluster is asked, the configuration has no `kubernetes`"),
    warning: nil)

  init(inventory: ClaimInventory?, claims: VolumeSelection.Claims, warning: String?) {
    self.inventory = inventory
    self.claims = claims
    self.warning = warning
  }

  /// Claims that were found out just now.
  public init(_ inventory: ClaimInventory) {
    self.init(inventory: inventory, claims: .known, warning: nil)
  }

  /// Asks the cluster, and keeps its answer.
  ///
  /// If it doesn't answer, or names no volume at all where it named some before, the last good answer counts, with a
  /// warning that says how old it is. An answer that can't be kept is a warning too.
  /// - Parameters:
  ///   - cluster: nil if no cluster is to be asked.
  ///   - catalog: where answers are kept; nil if there is none, then nothing is kept.
  /// - Throws: `CancellationError`.
  public static func ask(
    _ cluster: KubernetesDeclaration?, tools: any ToolRunning, catalog: Catalog?, clock: any HostClock
  ) async throws -> KnownClaims {
    guard let cluster else { return .notAsked }
    let query = ClaimQuery(
      command: cluster.command, driver: cluster.driver, timeLimit: cluster.timeLimit, tools: tools)
    let inventory: ClaimInventory
    do {
      inventory = try await query.ask()
    } catch let error as CancellationError {
      throw error
    } catch {
      return last(of: cluster, in: catalog, now: clock.now(), because: "\(error)")
    }
    if inventory.claims.isEmpty {
      let seen = inventory.otherDrivers.keys.sorted().map { $0.isEmpty ? "none" : $0 }.joined(separator: ", ")
      let why =
        "the cluster names no claim of the driver \(cluster.driver)" + (seen.isEmpty ? "" : ", only of \(seen)")
      let before = last(of: cluster, in: catalog, now: clock.now(), because: why)
      // A cluster that had volumes yesterday and has none today is the wrong one, or half down.
      if before.inventory?.claims.isEmpty == false { return before }
    }
    do {
      guard let catalog else { return KnownClaims(inventory) }
      if try catalog.answers.keep(try text(inventory), to: question(cluster)) { return KnownClaims(inventory) }
      return KnownClaims(
        inventory: inventory, claims: .known, warning: "the claims of the cluster are not kept: they are too many")
    } catch {
      return KnownClaims(
        inventory: inventory, claims: .known, warning: "the claims of the cluster are not kept: \(error)")
    }
  }

  /// The last good answer, without asking anybody.
  ///
  /// - Parameter why: why nobody is asked, or what the answer was, as a clause.
  public static func last(
    of cluster: KubernetesDeclaration?, in catalog: Catalog?, now: Timestamp, because why: String
  ) -> KnownClaims {
    guard let cluster else { return .notAsked }
    func unknown(_ beside: String) -> KnownClaims {
      KnownClaims(
        inventory: nil, claims: .unknown(because: "\(why); \(beside)"),
        warning: "the claims of the cluster are not known: \(why); \(beside)")
    }
    do {
      guard let answer = try catalog?.answers.last(to: question(cluster)) else {
        return unknown("no earlier answer was kept")
      }
      let inventory = try JSONDecoder().decode(ClaimInventory.self, from: Data(answer.content.utf8))
      let age = Duration.seconds(max(0, now.seconds - answer.answered.seconds)).policyText
      return KnownClaims(
        inventory: inventory, claims: .known,
        warning: "the claims of the cluster are those of \(answer.answered), \(age) ago: \(why)")
    } catch {
      return unknown("the earlier answer can't be read: \(error)")
    }
  }

  /// Volumes with their claims.
  public func naming(_ volumes: [VolumeCandidate]) -> [VolumeCandidate] {
    guard let names = inventory?.byVolume else { return volumes }
    return volumes.map { volume in
      guard !volume.isOwnSnapshot, let claim = names[volume.name] else { return volume }
      var named = volume
      named.claim = ClaimName(namespace: claim.namespace, name: claim.name)
      return named
    }
  }

  /// Another cluster, or another way to it, is another question: its claims are never taken for this one's.
  private static func question(_ cluster: KubernetesDeclaration) -> String {
    "claims of \(cluster.driver) by " + cluster.command.joined(separator: "\u{1f}")
  }

  private static func text(_ inventory: ClaimInventory) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(inventory), as: UTF8.self)
  }
}
