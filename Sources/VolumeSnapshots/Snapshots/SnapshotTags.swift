public import BackupModel

/// What we write on a snapshot when it is made: that it is ours, for what run, of which volume, and when.
///
/// The tags are given in the command that makes the snapshot, so there is no instant at which it has none.
public struct SnapshotTags: Hashable, Sendable {
  /// The tag that says that a volume is ours. What doesn't have it is never touched.
  public static let ownership = "backupctl"
  /// The tag of the base of the next difference, which retention never removes.
  public static let base = "backupctl.base"
  /// The tag of a writable snapshot that lives only while something is read.
  static let throwaway = "backupctl.throwaway"
  /// The tag of a snapshot whose content isn't of the group's instant yet.
  static let unfinished = "backupctl.unfinished"
  /// The tag of a snapshot that was made for an archive.
  static let archive = "backupctl.archive"

  /// What a snapshot was made for.
  public enum Purpose: Hashable, Sendable {
    /// To roll back to: one of a series, of which rules keep some.
    case series
    /// To be archived, and then to be the base of the next difference; it goes when it is that no longer.
    case archive
  }

  /// The run that made it.
  public var run: String?
  /// The schedule of that run.
  public var schedule: String?
  /// The name, in the same group, of the volume that it was made of.
  public var origin: String?
  /// When it was made, by our clock, to the second.
  public var created: Timestamp?
  /// What it was made for.
  public var purpose: Purpose
  /// Whether it is the base of the next difference.
  public var isBase: Bool
  /// Whether it lives only while something is read.
  public var isThrowaway: Bool
  /// Whether the making of it hasn't ended, or ended with the process.
  public var isUnfinished: Bool
  /// The restore in place that made it, or that keeps it as what was there before; nil for snapshots.
  public var restore: String?

  /// Gathers what is to be written.
  public init(
    run: String? = nil, schedule: String? = nil, origin: String?, created: Timestamp?, purpose: Purpose = .series,
    isBase: Bool = false
  ) {
    self.run = run
    self.schedule = schedule
    self.origin = origin
    self.created = created
    self.purpose = purpose
    self.isBase = isBase
    isThrowaway = false
    isUnfinished = false
  }

  /// The tags of what is there only until its content is whole, such as a volume that is being restored.
  public static func throwaway(run: String?, created: Timestamp) -> SnapshotTags {
    var tags = SnapshotTags(run: run, origin: nil, created: created)
    tags.isThrowaway = true
    return tags
  }

  /// The tags of what a restore in place made beside a volume, or keeps of what was there before: no snapshot, and nothing that any
  /// retention removes.
  public static func kept(byRestore restore: String, created: Timestamp) -> SnapshotTags {
    var tags = SnapshotTags(origin: nil, created: created)
    tags.restore = restore
    return tags
  }

  /// Reads the tags of a volume.
  ///
  /// What can't be understood of ours is left out: the volume is ours all the same.
  /// - Returns: nil if the volume isn't ours.
  public init?(_ tags: [String]) {
    guard tags.contains(Self.ownership) else { return nil }
    func value(_ key: String) -> String? {
      let start = "\(Self.ownership).\(key)="
      return tags.first { $0.hasPrefix(start) }.flatMap { Self.decoded($0.dropFirst(start.count)) }
    }
    run = value("run")
    schedule = value("schedule")
    origin = value("origin")
    restore = value("restore")
    created = value("created").flatMap { Int64($0) }.map { Timestamp(seconds: $0) }
    purpose = tags.contains(Self.archive) ? .archive : .series
    isBase = tags.contains(Self.base)
    isThrowaway = tags.contains(Self.throwaway)
    isUnfinished = tags.contains(Self.unfinished)
  }

  /// The tags as LVM takes them.
  public var encoded: [String] {
    var tags = [Self.ownership]
    func add(_ key: String, _ value: String?) {
      if let value { tags.append("\(Self.ownership).\(key)=\(Self.encoded(value))") }
    }
    add("run", run)
    add("schedule", schedule)
    add("origin", origin)
    add("restore", restore)
    add("created", created.map { String($0.seconds) })
    if purpose == .archive { tags.append(Self.archive) }
    if isBase { tags.append(Self.base) }
    if isThrowaway { tags.append(Self.throwaway) }
    if isUnfinished { tags.append(Self.unfinished) }
    return tags
  }

  /// Writes a text with the characters that LVM allows in a tag; other bytes as `#` and two hexadecimal digits.
  private static func encoded(_ text: String) -> String {
    text.utf8.reduce(into: "") { result, byte in
      if isAllowed(byte), byte != UInt8(ascii: "#") {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        result += "#" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
  }

  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "#") {
        guard rest.count >= 2, let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
          return nil
        }
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "_+.-/=!:&#".utf8.contains(byte)
    }
  }
}
