import BackupCatalog
import FoundationEssentials
import HostSystem
import VolumeSnapshots

/// Keeps the leases of volumes in the catalog, so that a later run removes what a killed one left.
struct VolumeLeases: VolumeLeasing {
  let book: LeaseBook
  let process: ProcessIdentity

  /// Notes that a thing is about to be made.
  ///
  /// - Throws: `CatalogError`: `leaseHeld` if another process holds a lease on the same thing.
  func acquire(_ thing: VolumeThing) async throws -> any VolumeLease {
    let claim = LeaseClaim(thing.leaseKind, on: thing.leaseSubject, details: thing.leaseDetails, by: process)
    return CatalogLease(book: book, lease: try await withWorkerThread { try book.acquire(claim) })
  }
}

/// A lease of the catalog on one thing.
private struct CatalogLease: VolumeLease {
  let book: LeaseBook
  let lease: Lease

  func amend(details: [String: String]) async throws {
    _ = try await withWorkerThread { try book.amend(lease, with: details) }
  }

  func release() async throws { try await withWorkerThread { try book.release(lease) } }
}

extension LeaseKind {
  /// An activated snapshot; the subject is the volume group and the name.
  static let activation = LeaseKind(rawValue: "activation")
  /// Volumes that are suspended; the subject is their names.
  static let suspension = LeaseKind(rawValue: "suspension")
  /// An application that is held still; the subject is the names of its volumes.
  static let frozen = LeaseKind(rawValue: "frozen")
}

extension VolumeThing {
  fileprivate static let deviceKey = "device"
  fileprivate static let thawKey = "thaw"

  /// What kind of lease is taken on it.
  var leaseKind: LeaseKind {
    switch self {
    case .snapshot: .snapshot
    case .activation: .activation
    case .mapping: .luks
    case .mount: .mount
    case .metadataHold: .metadataHold
    case .suspension: .suspension
    case .frozen: .frozen
    }
  }

  /// What no two leases of a kind share.
  var leaseSubject: String {
    switch self {
    case .snapshot(let name), .activation(let name), .metadataHold(let name): name.description
    case .mapping(let name, _): name
    case .mount(let path, _): path
    case .frozen(let names, _), .suspension(let names): names.map(\.description).joined(separator: " ")
    }
  }

  /// What else is needed to remove it.
  var leaseDetails: [String: String] {
    switch self {
    case .snapshot, .activation, .metadataHold, .suspension: [:]
    case .frozen(_, let thaw): [Self.thawKey: Self.text(thaw)]
    case .mapping(_, let device), .mount(_, let device): [Self.deviceKey: device]
    }
  }

  /// What a lease was taken on.
  ///
  /// - Returns: nil if the lease isn't on a thing of volumes, or its text isn't what this version writes.
  init?(_ claim: LeaseClaim) {
    let name = VolumeName(parsing: claim.subject)
    let device = claim.details[Self.deviceKey]
    switch claim.kind {
    case .snapshot: self.init(name, VolumeThing.snapshot)
    case .activation: self.init(name, VolumeThing.activation)
    case .metadataHold: self.init(name) { .metadataHold(pool: $0) }
    case .luks: self.init(device) { .mapping(name: claim.subject, device: $0) }
    case .mount: self.init(device) { .mount(path: claim.subject, device: $0) }
    case .suspension: self.init(Self.names(claim.subject)) { .suspension($0) }
    case .frozen:
      guard let names = Self.names(claim.subject), let thaw = Self.vector(claim.details[Self.thawKey]) else {
        return nil
      }
      self = .frozen(names, thaw: thaw)
    default: return nil
    }
  }

  private static func names(_ text: String) -> [VolumeName]? {
    let names = text.split(separator: " ").map { VolumeName(parsing: String($0)) }
    return names.contains(nil) ? nil : names.compactMap(\.self)
  }

  private static func text(_ vector: [String]) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    // Text always has a form in JSON; one without any names no program, and nothing is done by it.
    return (try? encoder.encode(vector)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
  }

  private static func vector(_ text: String?) -> [String]? {
    // A lease that another version wrote in another form isn't one on this thing.
    text.flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) }
  }

  private init?<Part>(_ part: Part?, _ make: (Part) -> VolumeThing) {
    guard let part else { return nil }
    self = make(part)
  }
}
