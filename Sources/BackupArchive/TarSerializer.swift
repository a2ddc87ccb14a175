import BackupModel
import CLibArchive
import Glibc
import HostSystem

// Unsafe code: libarchive is a C library. The archive and entry pointers are owned by this object and freed with it;
// the write callback gets a pointer to the sink, which lives as long as the archive.

/// Turns members into the bytes of a POSIX pax tar stream, through libarchive's pax writer.
///
/// A stream is made of members only: this never writes the two closing zero blocks. Not thread-safe.
public final class TarSerializer {
  /// The bytes made since ``output`` was last emptied by its user.
  public var output: [UInt8] {
    get { sink.bytes }
    _modify { yield &sink.bytes }
  }
  private let sink = Sink()
  private let archive: OpaquePointer
  private let entry: OpaquePointer

  private final class Sink {
    var bytes: [UInt8] = []
    var isOpen = true
  }

  /// Makes a serializer.
  ///
  /// - Throws: ``ArchiveError`` `library`.
  public init() throws(ArchiveError) {
    _ = Self.localeIsSet
    guard let archive = archive_write_new(), let entry = archive_entry_new() else {
      throw ArchiveError(.library, "cannot make a tar writer: out of memory")
    }
    self.archive = archive
    self.entry = entry
    try check(archive_write_set_format_pax(archive), "set the format")
    try check(archive_write_set_bytes_per_block(archive, 0), "set the block size")
    let client = Unmanaged.passUnretained(sink).toOpaque()
    let opened = archive_write_open(
      archive, client, nil,
      { _, client, buffer, length in
        guard let client, let buffer else { return -1 }
        let sink = Unmanaged<Sink>.fromOpaque(client).takeUnretainedValue()
        // Closing the archive writes the end-of-archive blocks, which the pack writer makes itself.
        if sink.isOpen { sink.bytes.append(contentsOf: UnsafeRawBufferPointer(start: buffer, count: length)) }
        return length
      }, nil)
    try check(opened, "open the stream")
  }

  deinit {
    sink.isOpen = false
    archive_entry_free(entry)
    // Frees the archive even when it reports an error of the unfinished member; nothing is written any more.
    archive_write_free(archive)
  }

  /// libarchive converts names from the C library's character type; UTF-8 names pass unchanged only in a UTF-8 one.
  private static let localeIsSet: Bool = setUTF8CharacterType()

  /// Appends a member with all its data.
  ///
  /// - Parameter data: for a file its stored bytes: all of them, or the data ranges joined; empty otherwise.
  /// - Returns: where in ``output`` the data begins.
  /// - Throws: ``ArchiveError`` `library`.
  @discardableResult
  public func append(_ member: TarMember, data: ArraySlice<UInt8> = []) throws(ArchiveError) -> Int {
    try beginMember(member)
    let start = sink.bytes.count
    if case .file(_, let ranges?) = member.kind {
      try writeSparse(data, ranges: ranges, of: member)
    } else if !data.isEmpty {
      try write(data, of: member)
    }
    try check(archive_write_finish_entry(archive), "finish \(member.path.displayedPath)")
    // Before the data of a sparse member stands its map; both were appended above, so count from the end.
    guard case .file(_, .some) = member.kind else { return start }
    return sink.bytes.count - (data.count + 511) / 512 * 512
  }

  /// Appends what stands before the data of a file: headers and, for a sparse file, the map.
  ///
  /// The member can't be finished through this object, which is spent afterwards: its data follows in other frames.
  public func appendHeaderOnly(_ member: TarMember) throws(ArchiveError) {
    try beginMember(member)
    guard archive_write_data(archive, "", 0) >= 0 else { throw failure("write the map of", member) }
    sink.isOpen = false
  }

  private func beginMember(_ member: TarMember) throws(ArchiveError) {
    archive_entry_clear(entry)
    setPath(member.path, archive_entry_copy_pathname)
    archive_entry_set_perm(entry, member.permissions)
    archive_entry_set_uid(entry, Int64(member.owner))
    archive_entry_set_gid(entry, Int64(member.group))
    if !member.ownerName.isEmpty { setPath(member.ownerName, archive_entry_copy_uname) }
    if !member.groupName.isEmpty { setPath(member.groupName, archive_entry_copy_gname) }
    archive_entry_set_mtime(entry, time_t(member.modified.seconds), CLong(member.modified.nanoseconds))
    setKind(member.kind)
    for attribute in member.attributes { set(attribute) }
    // Where a name can't be converted the library asks errno whether memory ran out, whoever set it and when.
    errno = 0
    let result = archive_write_header(archive, entry)
    // A warning is how the writer says that a name isn't UTF-8 and is stored as bytes (hdrcharset=BINARY).
    guard result == ARCHIVE_OK || result == ARCHIVE_WARN else { throw failure("write the header of", member) }
  }

  private func setKind(_ kind: TarMember.Kind) {
    switch kind {
    case .file(let size, let ranges):
      archive_entry_set_filetype(entry, UInt32(0o100000))
      archive_entry_set_size(entry, size)
      if let ranges {
        for range in ranges {
          archive_entry_sparse_add_entry(entry, range.lowerBound, range.upperBound - range.lowerBound)
        }
        if ranges.isEmpty { archive_entry_sparse_add_entry(entry, size, 0) }
      }
    case .hardLink(let target):
      archive_entry_set_filetype(entry, UInt32(0o100000))
      archive_entry_set_size(entry, 0)
      setPath(target, archive_entry_copy_hardlink)
    case .directory:
      archive_entry_set_filetype(entry, UInt32(0o040000))
    case .symbolicLink(let target):
      archive_entry_set_filetype(entry, UInt32(0o120000))
      setPath(target, archive_entry_copy_symlink)
    case .characterDevice(let number):
      archive_entry_set_filetype(entry, UInt32(0o020000))
      setDevice(number)
    case .blockDevice(let number):
      archive_entry_set_filetype(entry, UInt32(0o060000))
      setDevice(number)
    case .fifo:
      archive_entry_set_filetype(entry, UInt32(0o010000))
    }
  }

  private func setDevice(_ number: DeviceNumber) {
    archive_entry_set_rdevmajor(entry, dev_t(number.major))
    archive_entry_set_rdevminor(entry, dev_t(number.minor))
  }

  private func set(_ attribute: ExtendedAttribute) {
    let aclType: Int32
    switch attribute.name {
    case Array("system.posix_acl_access".utf8): aclType = ARCHIVE_ENTRY_ACL_TYPE_ACCESS
    case Array("system.posix_acl_default".utf8): aclType = ARCHIVE_ENTRY_ACL_TYPE_DEFAULT
    default:
      (attribute.name + [0]).withUnsafeBytes { name in
        attribute.value.withUnsafeBytes { value in
          archive_entry_xattr_add_entry(
            entry, name.baseAddress?.assumingMemoryBound(to: CChar.self), value.baseAddress, value.count)
        }
      }
      return
    }
    guard let acl = PosixACL(attribute.value) else { return }
    for item in acl.entries {
      let tag: Int32
      switch item.tag {
      case PosixACL.userObject: tag = ARCHIVE_ENTRY_ACL_USER_OBJ
      case PosixACL.user: tag = ARCHIVE_ENTRY_ACL_USER
      case PosixACL.groupObject: tag = ARCHIVE_ENTRY_ACL_GROUP_OBJ
      case PosixACL.group: tag = ARCHIVE_ENTRY_ACL_GROUP
      case PosixACL.mask: tag = ARCHIVE_ENTRY_ACL_MASK
      case PosixACL.other: tag = ARCHIVE_ENTRY_ACL_OTHER
      default: continue
      }
      // The bits of the kernel's permissions are those of libarchive: execute 1, write 2, read 4.
      archive_entry_acl_add_entry(entry, aclType, Int32(item.permissions & 7), tag, Int32(bitPattern: item.id), nil)
    }
  }

  private func setPath(_ bytes: [UInt8], _ copy: (OpaquePointer?, UnsafePointer<CChar>?) -> Void) {
    (bytes + [0]).withUnsafeBytes { copy(entry, $0.baseAddress?.assumingMemoryBound(to: CChar.self)) }
  }

  private func write(_ data: ArraySlice<UInt8>, of member: TarMember) throws(ArchiveError) {
    let written = data.withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
    guard written == data.count else { throw failure("write the data of", member) }
  }

  /// Gives libarchive the file as it reads: it drops what lies in holes without looking at it.
  private func writeSparse(_ data: ArraySlice<UInt8>, ranges: [Range<Int64>], of member: TarMember) throws(ArchiveError)
  {
    guard archive_write_data(archive, "", 0) >= 0 else { throw failure("write the map of", member) }
    var position: Int64 = 0
    var taken = data.startIndex
    for range in ranges {
      try writeHole(range.lowerBound - position, of: member)
      let length = Int(range.upperBound - range.lowerBound)
      if length > 0 { try write(data[taken..<taken + length], of: member) }
      taken += length
      position = range.upperBound
    }
    // The library knows that the rest is a hole.
  }

  private func writeHole(_ length: Int64, of member: TarMember) throws(ArchiveError) {
    var rest = length
    while rest > 0 {
      let count = min(rest, Int64(Self.zeros.count))
      try write(Self.zeros[..<Int(count)], of: member)
      rest -= count
    }
  }

  private static let zeros = [UInt8](repeating: 0, count: 1 << 20)

  private func check(_ result: Int32, _ what: @autoclosure () -> String) throws(ArchiveError) {
    guard result == ARCHIVE_OK else {
      throw ArchiveError(.library, "cannot \(what()) of a tar stream", cause: errorText)
    }
  }

  private func failure(_ what: String, _ member: TarMember) -> ArchiveError {
    ArchiveError(.library, "cannot \(what) \(member.path.displayedPath) in a tar stream", cause: errorText)
  }

  private var errorText: String? { archive_error_string(archive).map { "libarchive: \(String(cString: $0))" } }
}
