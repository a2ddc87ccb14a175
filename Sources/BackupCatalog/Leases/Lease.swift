public import BackupModel
import GRDB

/// What a lease is taken for; other modules may add kinds of their own.
public struct LeaseKind: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The word in the database.
  public let rawValue: String
  /// Names a kind.
  public init(rawValue: String) { self.rawValue = rawValue }
  /// The word.
  public var description: String { rawValue }

  /// A mounted file system; the subject is the mount point.
  public static let mount = LeaseKind(rawValue: "mount")
  /// A directory for passing things; the subject is its path.
  public static let scratch = LeaseKind(rawValue: "scratch")
  /// A loop device; the subject is the file behind it.
  public static let loop = LeaseKind(rawValue: "loop")
  /// An opened LUKS mapping; the subject is its name.
  public static let luks = LeaseKind(rawValue: "luks")
  /// A snapshot made for one run; the subject is the volume group and the name.
  public static let snapshot = LeaseKind(rawValue: "snapshot")
  /// A reserved metadata snapshot of a thin pool; the subject is the pool.
  public static let metadataHold = LeaseKind(rawValue: "metadata-hold")
  /// A named pipe; the subject is its path.
  public static let fifo = LeaseKind(rawValue: "fifo")
}

/// What is about to be made, and by whom.
public struct LeaseClaim: Hashable, Sendable {
  /// What kind of thing.
  public var kind: LeaseKind
  /// Which one; no two leases of a kind are on the same.
  public var subject: String
  /// What a later run needs to know to remove it.
  public var details: [String: String]
  /// The process that makes and removes it.
  public var process: ProcessIdentity
  /// The run that it is made for, if it is for one.
  public var run: RunID?

  /// Describes what is about to be made.
  public init(
    _ kind: LeaseKind, on subject: String, details: [String: String] = [:], by process: ProcessIdentity,
    for run: RunID? = nil
  ) {
    self.kind = kind
    self.subject = subject
    self.details = details
    self.process = process
    self.run = run
  }
}

/// A durable note that something exists, or may exist, which must not outlive its process.
public struct Lease: Hashable, Sendable {
  /// Tells this lease from earlier ones on the same thing.
  public let id: Int64
  /// What it is on, and who holds it.
  public let claim: LeaseClaim
  /// When it was acquired, to the second.
  public let acquired: Timestamp
}

extension Lease: CustomStringConvertible {
  /// Kind, subject and holder.
  public var description: String {
    let run = claim.run.map { " of run \($0)" } ?? ""
    return "\(claim.kind) \(claim.subject), held by process \(claim.process.pid)\(run) since \(acquired)"
  }

  init(_ row: Row) throws {
    self.init(
      id: try row.decode(Int64.self, forColumn: "id"),
      claim: LeaseClaim(
        LeaseKind(rawValue: try row.text("kind")), on: try row.text("subject"), details: try row.json("details"),
        by: try row.process(), for: try row.optionalRunID("run")),
      acquired: try row.time("acquired"))
  }
}
