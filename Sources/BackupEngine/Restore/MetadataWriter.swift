import BackupRepository
import HostSystem

/// Gives files their owner, permissions, attributes and times, touching only what differs.
///
/// The order matters: changing the owner drops set-id bits and capabilities, so it comes first; setting the permissions
/// changes the mask of an ACL, so attributes come after it; everything before may change the time, so that comes last.
struct MetadataWriter: Sendable {
  let outcome: RestoreOutcome
  /// Gets files and directories onto the medium once they are finished.
  let durability = RestoreDurability()

  /// Sets the metadata of an open file or directory.
  ///
  /// - Parameter replacesAttributes: whether it may have attributes that the entry doesn't have.
  /// - Returns: whether anything was changed.
  @discardableResult
  func apply(
    _ entry: IndexEntry, to file: OpenFile, replacesAttributes: Bool
  ) throws(SystemError) -> Bool {
    let status = try file.status()
    var changed = false
    var permissions = entry.permissions
    if status.owner != entry.owner || status.group != entry.group {
      do throws(SystemError) {
        try file.setOwner(owner: entry.owner, group: entry.group)
        changed = true
      } catch {
        guard error.isDenied else { throw error }
        notPermitted()
        // A set-id bit of another owner would lend that one's rights.
        permissions &= ~0o6000
      }
    }
    if changed || status.permissions != permissions {
      try file.setPermissions(permissions)
      changed = true
    }
    if try setAttributes(entry, of: file, replacing: replacesAttributes) { changed = true }
    // Writing to the file just now may not show in `status` yet, but never makes its time the wanted one.
    if status.modified != entry.modified {
      try file.setModified(entry.modified)
      changed = true
    }
    return changed
  }

  /// Sets the metadata of a name that isn't a file or directory.
  ///
  /// - Returns: whether anything was changed.
  @discardableResult
  func apply(_ entry: IndexEntry, to name: PathBytes, in directory: OpenFile) throws(SystemError) -> Bool {
    let status = try directory.status(of: name)
    var changed = false
    if status.owner != entry.owner || status.group != entry.group {
      do throws(SystemError) {
        try directory.setOwner(of: name, owner: entry.owner, group: entry.group)
        changed = true
      } catch {
        guard error.isDenied else { throw error }
        notPermitted()
      }
    }
    if entry.kind != .symbolicLink, changed || status.permissions != entry.permissions {
      try directory.setPermissions(of: name, entry.permissions)
      changed = true
    }
    if !entry.attributes.isEmpty {
      let present = try directory.extendedAttributes(of: name)
      for attribute in entry.attributes where !present.contains(attribute) {
        try permitted(attribute) { () throws(SystemError) in
          try directory.setExtendedAttribute(attribute, of: name)
          changed = true
        }
      }
    }
    if status.modified != entry.modified {
      try directory.setModified(of: name, entry.modified)
      changed = true
    }
    return changed
  }

  private func setAttributes(
    _ entry: IndexEntry, of file: OpenFile, replacing: Bool
  ) throws(SystemError) -> Bool {
    guard replacing || !entry.attributes.isEmpty else { return false }
    let present = replacing ? try file.extendedAttributes() : []
    var changed = false
    for old in present where Self.isOurs(old.name) && !entry.attributes.contains(where: { $0.name == old.name }) {
      try permitted(old) { () throws(SystemError) in
        do throws(SystemError) {
          try file.removeExtendedAttribute(old.name)
        } catch {
          // ENODATA: it went with another one. XFS has each ACL under two names.
          guard error.errno == 61 else { throw error }
        }
        changed = true
      }
    }
    for attribute in entry.attributes where !present.contains(attribute) {
      try permitted(attribute) { () throws(SystemError) in
        try file.setExtendedAttribute(attribute)
        changed = true
      }
    }
    return changed
  }

  /// Labels of security modules belong to the system that they are on.
  static func isOurs(_ name: [UInt8]) -> Bool {
    !name.starts(with: "security.".utf8) || name.elementsEqual("security.capability".utf8)
  }

  /// Sets an attribute; one that only root may set is counted when it can't be.
  private func permitted(
    _ attribute: ExtendedAttribute, _ set: () throws(SystemError) -> Void
  ) throws(SystemError) {
    do throws(SystemError) {
      try set()
    } catch {
      let isPrivileged = attribute.name.starts(with: "security.".utf8) || attribute.name.starts(with: "trusted.".utf8)
      guard isPrivileged, error.isDenied || error.isUnsupported else { throw error }
      notPermitted()
    }
  }

  private func notPermitted() { outcome.update { $0.notPermitted += 1 } }
}
