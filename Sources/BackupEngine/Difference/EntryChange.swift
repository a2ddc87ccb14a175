public import BackupRepository
public import HostSystem

/// How one path differs between an older and a newer state of a tree.
public struct EntryChange: Sendable {
  /// Something in which two entries of the same kind can differ.
  public enum Aspect: String, Sendable, CaseIterable, Codable {
    /// The bytes of a file, or which of them are holes.
    case content
    /// The target of a symbolic link.
    case target
    /// The number of a device.
    case device
    /// Which other names are the same inode.
    case links
    /// Permission bits.
    case mode
    /// The owner's id.
    case owner
    /// The group's id.
    case group
    /// The modification time.
    case mtime
    /// Extended attributes and ACLs.
    case attributes
  }

  /// What happened to the path.
  public enum Kind: Sendable, Hashable {
    /// Only the newer state has it.
    case added
    /// Only the older state has it.
    case removed
    /// Both have it, and it differs in these aspects; never empty.
    case modified([Aspect])
    /// It was one kind of thing and is another.
    case retyped
  }

  /// The path, relative to the root of the tree.
  public let path: PathBytes
  /// What happened.
  public let kind: Kind
  /// The older entry; its extents are not complete and not to be used.
  public let old: IndexEntry?
  /// The newer entry; its extents are not complete and not to be used.
  public let new: IndexEntry?

  init(path: PathBytes, kind: Kind, old: IndexEntry?, new: IndexEntry?) {
    self.path = path
    self.kind = kind
    self.old = old
    self.new = new
  }

  /// The change between two entries of one path, or nil if they are alike.
  ///
  /// The inode number, the ctime and the names of owner and group don't count: they say where a tree lies.
  ///
  /// - Parameter hasOtherContent: decides about two files that aren't links to other entries.
  static func between(
    _ old: IndexEntry, _ new: IndexEntry, hasOtherContent: (IndexEntry, IndexEntry) throws -> Bool
  ) rethrows -> EntryChange? {
    guard old.kind == new.kind else { return EntryChange(path: new.path, kind: .retyped, old: old, new: new) }
    var aspects: [Aspect] = []
    // Of two links to the same first name nothing needs to be said: that name has an entry of its own.
    let isSameLink = old.hardLinkTarget != nil && old.hardLinkTarget == new.hardLinkTarget
    if new.kind == .file, !isSameLink, try hasOtherContent(old, new) { aspects.append(.content) }
    if old.linkTarget != new.linkTarget, !isSameLink { aspects.append(.target) }
    if old.device != new.device { aspects.append(.device) }
    if old.hardLinkTarget != new.hardLinkTarget { aspects.append(.links) }
    if old.permissions != new.permissions { aspects.append(.mode) }
    if old.owner != new.owner { aspects.append(.owner) }
    if old.group != new.group { aspects.append(.group) }
    if old.modified != new.modified { aspects.append(.mtime) }
    if old.attributes != new.attributes { aspects.append(.attributes) }
    return aspects.isEmpty ? nil : EntryChange(path: new.path, kind: .modified(aspects), old: old, new: new)
  }
}
