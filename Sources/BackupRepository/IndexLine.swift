import BackupModel
public import HostSystem

/// Writes entries as the lines of `docs/format.md`, section 7.
public enum IndexLine {
  /// Extents in one line; the rest go to continuation lines.
  public static let extentsPerLine = 64

  /// Appends the fields that `stat` alone determines (1 to 11), each followed by a tab.
  public static func appendStatus(
    path: ArraySlice<UInt8>, status: FileStatus, ownerName: [UInt8], groupName: [UInt8], to line: inout [UInt8]
  ) {
    appendEscaped(path, to: &line)
    line += [0x09, letter(status.kind), 0x09]
    append(octal: status.permissions, to: &line)
    line.append(0x09)
    append(UInt64(status.owner), to: &line)
    line.append(0x09)
    append(UInt64(status.group), to: &line)
    line.append(0x09)
    appendEscaped(ownerName[...], to: &line)
    line.append(0x09)
    appendEscaped(groupName[...], to: &line)
    line.append(0x09)
    append(status.modified, to: &line)
    line.append(0x09)
    append(status.changed, to: &line)
    line.append(0x09)
    append(status.inode, to: &line)
    line.append(0x09)
    switch status.kind {
    case .file, .symbolicLink: append(UInt64(bitPattern: max(0, status.size)), to: &line)
    case .characterDevice, .blockDevice:
      append(UInt64(status.deviceNumber.major), to: &line)
      line.append(0x3A)
      append(UInt64(status.deviceNumber.minor), to: &line)
    case .directory, .fifo, .socket: line.append(0x30)
    }
    line.append(0x09)
  }

  /// Appends all lines of an entry, each ended by a newline.
  public static func append(_ entry: IndexEntry, to lines: inout [UInt8]) {
    let status = FileStatus(of: entry)
    appendStatus(
      path: entry.path[...], status: status, ownerName: entry.ownerName, groupName: entry.groupName, to: &lines)
    appendExtents(entry.extents.prefix(extentsPerLine), to: &lines)
    if entry.changedWhileRead { lines += "\tchanged=1".utf8 }
    if let target = entry.hardLinkTarget {
      lines += "\th=".utf8
      appendEscaped(target[...], to: &lines)
    }
    if entry.isRecent { lines += "\trecent=1".utf8 }
    if let target = entry.linkTarget {
      lines += "\tt=".utf8
      appendEscaped(target[...], to: &lines)
    }
    for attribute in entry.attributes {
      lines += "\tx=".utf8
      appendEscaped(attribute.name[...], alsoColon: true, to: &lines)
      lines.append(0x3A)
      lines += Base64.encode(attribute.value)
    }
    lines.append(0x0A)
    guard entry.extents.count > extentsPerLine else { return }
    var offset = entry.extents.prefix(extentsPerLine).reduce(Int64(0)) { $0 + $1.length }
    var rest = entry.extents.dropFirst(extentsPerLine)
    while !rest.isEmpty {
      let part = rest.prefix(extentsPerLine)
      appendContinuation(of: entry.path, at: offset, part, to: &lines)
      offset += part.reduce(0) { $0 + $1.length }
      rest = rest.dropFirst(extentsPerLine)
    }
  }

  /// Appends a continuation line.
  static func appendContinuation(
    of path: PathBytes, at offset: Int64, _ extents: ArraySlice<Extent>, to lines: inout [UInt8]
  ) {
    appendEscaped(path[...], to: &lines)
    lines += "\t+\t".utf8
    append(UInt64(offset), to: &lines)
    lines.append(0x09)
    appendExtents(extents, to: &lines)
    lines.append(0x0A)
  }

  private static func appendExtents(_ extents: ArraySlice<Extent>, to line: inout [UInt8]) {
    var isFirst = true
    for extent in extents {
      if !isFirst { line.append(0x2C) }
      isFirst = false
      append(UInt64(extent.length), to: &line)
      line.append(0x3A)
      if let chunk = extent.chunk { chunk.appendHexadecimal(to: &line) } else { line.append(0x2D) }
    }
  }

  /// A path as its field in a line.
  public static func escaped(_ path: PathBytes) -> [UInt8] {
    var field: [UInt8] = []
    appendEscaped(path[...], to: &field)
    return field
  }

  /// The path of a field that this program wrote.
  public static func unescaped(_ field: ArraySlice<UInt8>) -> PathBytes {
    BackupRepository.unescaped(field) ?? Array(field)
  }

  static func letter(_ kind: FileKind) -> UInt8 {
    switch kind {
    case .file: 0x66
    case .directory: 0x64
    case .symbolicLink: 0x6C
    case .characterDevice: 0x63
    case .blockDevice: 0x62
    case .fifo: 0x70
    case .socket: 0x73
    }
  }

  private static func append(_ number: UInt64, to line: inout [UInt8]) {
    if number < 10 {
      line.append(0x30 + UInt8(number))
      return
    }
    var divisor: UInt64 = 10
    while number / divisor >= 10 { divisor *= 10 }
    var rest = number
    while divisor > 0 {
      line.append(0x30 + UInt8(rest / divisor))
      rest %= divisor
      divisor /= 10
    }
  }

  private static func append(octal number: UInt32, to line: inout [UInt8]) {
    var shift = 9
    while shift > 0, number >> UInt32(shift) & 7 == 0 { shift -= 3 }
    while shift >= 0 {
      line.append(0x30 + UInt8(number >> UInt32(shift) & 7))
      shift -= 3
    }
  }

  private static func append(_ time: Timestamp, to line: inout [UInt8]) {
    if time.seconds < 0 { line.append(0x2D) }
    append(time.seconds.magnitude, to: &line)
    line.append(0x2E)
    var divisor: Int32 = 100_000_000
    var rest = time.nanoseconds
    while divisor > 0 {
      line.append(0x30 + UInt8(rest / divisor))
      rest %= divisor
      divisor /= 10
    }
  }
}

extension FileStatus {
  init(of entry: IndexEntry) {
    self.init(
      kind: entry.kind, permissions: entry.permissions, device: 0, inode: entry.inode, links: 1, size: entry.size,
      allocatedBytes: 0, owner: entry.owner, group: entry.group, deviceNumber: entry.device,
      modified: entry.modified, changed: entry.changed)
  }
}
