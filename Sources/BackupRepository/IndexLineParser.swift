import BackupModel
public import HostSystem

/// Reads the lines of an index; every byte of them is untrusted.
public enum IndexLineParser {
  /// A line cut into its path and the rest, without looking at the rest.
  public struct Head {
    /// The path, unescaped.
    public var path: PathBytes
    /// Where the field after the path begins.
    public var rest: Int
    /// Whether it is a continuation line.
    public var isContinuation: Bool
  }

  /// Cuts a line (without its newline) after its path.
  ///
  /// - Throws: ``RepositoryError`` `damaged`.
  public static func head(of line: ArraySlice<UInt8>) throws -> Head {
    guard let tab = line.firstIndex(of: 0x09), let path = unescaped(line[..<tab]), isSafeIndexPath(path),
      tab + 2 < line.endIndex
    else { throw damaged("a line has no valid path", line) }
    return Head(path: path, rest: tab + 1, isContinuation: line[tab + 1] == 0x2B && line[tab + 2] == 0x09)
  }

  /// The entry of a line that isn't a continuation; its extents may go on in continuation lines.
  ///
  /// - Throws: ``RepositoryError`` `damaged`.
  public static func entry(of line: ArraySlice<UInt8>) throws -> IndexEntry {
    let fields = line.split(separator: 0x09, omittingEmptySubsequences: false)
    guard fields.count >= 12, let path = unescaped(fields[0]), isSafeIndexPath(path), fields[1].count == 1,
      let kind = kind(fields[1].first ?? 0), let permissions = octal(fields[2]), let owner = number(fields[3]),
      let group = number(fields[4]), owner <= UInt32.max, group <= UInt32.max,
      let ownerName = unescaped(fields[5]), let groupName = unescaped(fields[6]),
      let modified = time(fields[7]), let changed = time(fields[8]), let inode = number(fields[9])
    else { throw damaged("a line's fields are not valid", line) }
    var size: Int64 = 0
    var device = DeviceNumber(major: 0, minor: 0)
    switch kind {
    case .characterDevice, .blockDevice:
      let parts = fields[10].split(separator: 0x3A, omittingEmptySubsequences: false)
      guard parts.count == 2, let major = number(parts[0]), let minor = number(parts[1]), major <= UInt32.max,
        minor <= UInt32.max
      else { throw damaged("a device's number is not valid", line) }
      device = DeviceNumber(major: UInt32(major), minor: UInt32(minor))
    default:
      guard let bytes = number(fields[10]), bytes <= UInt64(Int64.max) else {
        throw damaged("a size is not valid", line)
      }
      size = Int64(bytes)
    }
    var entry = IndexEntry(
      path: path,
      status: FileStatus(
        kind: kind, permissions: permissions, device: 0, inode: inode, links: 1, size: size, allocatedBytes: 0,
        owner: UInt32(owner), group: UInt32(group), deviceNumber: device, modified: modified, changed: changed),
      ownerName: ownerName, groupName: groupName)
    entry.extents = try extents(fields[11], line)
    for field in fields[12...] { try readAttribute(field, into: &entry, line) }
    return entry
  }

  /// Offset and extents of a continuation line.
  ///
  /// - Throws: ``RepositoryError`` `damaged`.
  public static func continuation(of line: ArraySlice<UInt8>) throws -> (offset: Int64, extents: [Extent]) {
    let fields = line.split(separator: 0x09, omittingEmptySubsequences: false)
    guard fields.count == 4, let offset = number(fields[2]), offset <= UInt64(Int64.max) else {
      throw damaged("a continuation line is not valid", line)
    }
    return (Int64(offset), try extents(fields[3], line))
  }

  /// Checks a complete entry: its extents cover exactly its size, and only files have them.
  ///
  /// - Throws: ``RepositoryError`` `damaged`.
  public static func validate(_ entry: IndexEntry) throws {
    let isFile = entry.kind == .file
    guard isFile || (entry.extents.isEmpty && entry.hardLinkTarget == nil) || entry.hardLinkTarget != nil else {
      throw damaged("an entry that isn't a file has content", entry.path[...])
    }
    guard isFile, entry.hardLinkTarget == nil else {
      if entry.kind == .symbolicLink, entry.linkTarget == nil, entry.hardLinkTarget == nil {
        throw damaged("a symbolic link has no target", entry.path[...])
      }
      return
    }
    var sum: Int64 = 0
    for extent in entry.extents {
      let (next, overflow) = sum.addingReportingOverflow(extent.length)
      guard extent.length > 0, !overflow else { throw damaged("a file's extents are not valid", entry.path[...]) }
      sum = next
    }
    guard sum == entry.size else { throw damaged("a file's extents don't add up to its size", entry.path[...]) }
  }

  private static func readAttribute(
    _ field: ArraySlice<UInt8>, into entry: inout IndexEntry, _ line: ArraySlice<UInt8>
  ) throws {
    guard let equals = field.firstIndex(of: 0x3D) else { throw damaged("an attribute is not valid", line) }
    let value = field[(equals + 1)...]
    switch String(decoding: field[..<equals], as: UTF8.self) {
    case "changed": entry.changedWhileRead = value.elementsEqual([0x31])
    case "recent": entry.isRecent = value.elementsEqual([0x31])
    case "h":
      guard let target = unescaped(value), isSafeIndexPath(target) else {
        throw damaged("a hard link's target is not valid", line)
      }
      entry.hardLinkTarget = target
    case "t":
      guard let target = unescaped(value), !target.isEmpty, !target.contains(0) else {
        throw damaged("a symbolic link's target is not valid", line)
      }
      entry.linkTarget = target
    case "x":
      guard let colon = value.firstIndex(of: 0x3A), let name = unescaped(value[..<colon]), !name.isEmpty,
        !name.contains(0), let bytes = Base64.decode(value[(colon + 1)...])
      else { throw damaged("an extended attribute is not valid", line) }
      entry.attributes.append(ExtendedAttribute(name: name, value: bytes))
    default:
      // A newer minor writer may add keys; what they mean can't matter for restoring content.
      return
    }
  }

  private static func extents(_ field: ArraySlice<UInt8>, _ line: ArraySlice<UInt8>) throws -> [Extent] {
    if field.isEmpty { return [] }
    var extents: [Extent] = []
    for item in field.split(separator: 0x2C, omittingEmptySubsequences: false) {
      guard let colon = item.firstIndex(of: 0x3A), let length = number(item[..<colon]), length > 0,
        length <= UInt64(Int64.max)
      else { throw damaged("an extent is not valid", line) }
      let name = item[(colon + 1)...]
      if name.elementsEqual([0x2D]) {
        extents.append(Extent(length: Int64(length), chunk: nil))
      } else {
        guard let chunk = ChunkID(hexadecimal: name), length <= 64 << 20 else {
          throw damaged("an extent is not valid", line)
        }
        extents.append(Extent(length: Int64(length), chunk: chunk))
      }
    }
    return extents
  }

  private static func kind(_ letter: UInt8) -> FileKind? {
    switch letter {
    case 0x66: .file
    case 0x64: .directory
    case 0x6C: .symbolicLink
    case 0x63: .characterDevice
    case 0x62: .blockDevice
    case 0x70: .fifo
    case 0x73: .socket
    default: nil
    }
  }

  static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    guard !digits.isEmpty, digits.count <= 20 else { return nil }
    var number: UInt64 = 0
    for digit in digits {
      guard digit >= 0x30, digit <= 0x39 else { return nil }
      let (product, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, carried) = product.addingReportingOverflow(UInt64(digit - 0x30))
      if overflow || carried { return nil }
      number = sum
    }
    return number
  }

  private static func octal(_ digits: ArraySlice<UInt8>) -> UInt32? {
    guard !digits.isEmpty, digits.count <= 4, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x37 }) else { return nil }
    return digits.reduce(0) { $0 << 3 | UInt32($1 - 0x30) }
  }

  private static func time(_ field: ArraySlice<UInt8>) -> Timestamp? {
    guard let dot = field.firstIndex(of: 0x2E), field.endIndex - dot == 10,
      let nanoseconds = number(field[(dot + 1)...])
    else { return nil }
    let isNegative = field.first == 0x2D
    guard let seconds = number(field[(isNegative ? field.startIndex + 1 : field.startIndex)..<dot]),
      seconds <= UInt64(Int64.max)
    else { return nil }
    return Timestamp(seconds: isNegative ? -Int64(seconds) : Int64(seconds), nanoseconds: Int32(nanoseconds))
  }

  private static func damaged(_ what: String, _ line: ArraySlice<UInt8>) -> RepositoryError {
    RepositoryError(
      .damaged, "cannot read an index block: \(what)",
      cause: "near \(Array(line.prefix(80)).displayedPath)")
  }
}
