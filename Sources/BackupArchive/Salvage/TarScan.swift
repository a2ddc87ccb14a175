public import HostSystem

/// Finds the data of members in the frames of a tar stream that are shown to it one after another, some of them perhaps missing.
///
/// Reads what ``TarSerializer`` writes: ustar headers, pax records `path` and `size`, and the GNU sparse format 1.0 (POSIX.1-2001; GNU tar
/// manual, "Storing Sparse Files").
public struct TarScan {
  /// Data of a member that lie in one frame, one after another in the member's file too.
  public struct Region: Hashable, Sendable {
    /// The member's path; empty where it isn't known, after a gap.
    public let path: PathBytes
    /// Where in the member's file they stand; 0 where that isn't known.
    public let fileOffset: Int64
    /// Where they are in the frame.
    public let bytes: Range<Int>
    /// Whether all of these bytes are data. Otherwise the last ones of them, fewer than 512 zeros, may be what fills the member's last block.
    public let isExact: Bool
  }

  /// What was found in a frame.
  public struct Finding: Sendable {
    /// The data in it.
    public var regions: [Region] = []
    /// Whether a member begins with it.
    public var beginsMember = false
    /// Whether a member ends with it, so that another may begin with the next.
    public var endsMember = false
    /// Whether it is the end of the stream.
    public var isClosing = false
  }

  private struct Member {
    var path: PathBytes
    /// What of its file is stored and was not shown yet.
    var ranges: [Range<Int64>]
    /// Bytes that fill the last block.
    var padding: Int
  }

  private enum State {
    case betweenMembers
    case inMember(Member)
    /// Frames are missing: what comes next is in the middle of something.
    case lost
  }

  private static let blockBytes = 512
  private static let piecesPrefix = Array(".backupctl/pieces/".utf8)
  private var state = State.betweenMembers

  /// Begins at the first frame of a pack.
  public init() {}

  /// Tells that something is missing before the next frame.
  public mutating func skip() { state = .lost }

  /// Looks at the next frame.
  public mutating func next(_ content: [UInt8]) -> Finding {
    var finding = Finding()
    switch state {
    case .lost:
      guard Self.header(content, at: 0) != nil else {
        finding.regions = [Region(path: [], fileOffset: 0, bytes: 0..<content.count, isExact: false)]
        return finding
      }
      state = .betweenMembers
      return next(content)
    case .inMember(let member) where member.path.starts(with: Self.piecesPrefix):
      return nextPiece(content, member)
    default: break
    }
    if case .betweenMembers = state { finding.beginsMember = true }
    var position = 0
    while position < content.count {
      if case .inMember(var member) = state {
        take(&member, content, &position, &finding)
        state = member.ranges.isEmpty && member.padding == 0 ? .betweenMembers : .inMember(member)
        continue
      }
      guard let header = Self.header(content, at: position) else {
        finding.isClosing = position == 0 && isZero(content[...])
        if !finding.isClosing { state = .lost }
        return finding
      }
      guard let (member, start) = Self.member(header, content, at: position) else {
        state = .lost
        return finding
      }
      position = start
      state = member.ranges.isEmpty && member.padding == 0 ? .betweenMembers : .inMember(member)
    }
    if case .betweenMembers = state { finding.endsMember = true }
    return finding
  }

  /// A frame of another pack's stream, in which members may begin or be in their middle.
  private mutating func nextPiece(_ content: [UInt8], _ member: Member) -> Finding {
    var inner = TarScan()
    inner.skip()
    var finding = inner.next(content)
    finding.beginsMember = false
    var member = member
    var left = content.count
    while left > 0, let range = member.ranges.first {
      let taken = min(Int64(left), range.upperBound - range.lowerBound)
      member.ranges[0] = range.lowerBound + taken..<range.upperBound
      if member.ranges[0].isEmpty { member.ranges.removeFirst() }
      left -= Int(taken)
    }
    member.padding -= min(member.padding, left)
    finding.endsMember = member.ranges.isEmpty && member.padding == 0
    state = finding.endsMember ? .betweenMembers : .inMember(member)
    return finding
  }

  private func take(_ member: inout Member, _ content: [UInt8], _ position: inout Int, _ finding: inout Finding) {
    while position < content.count, let range = member.ranges.first {
      let count = Int(min(Int64(content.count - position), range.upperBound - range.lowerBound))
      let rest = range.lowerBound + Int64(count)..<range.upperBound
      if rest.isEmpty { member.ranges.removeFirst() } else { member.ranges[0] = rest }
      if count > 0 {
        finding.regions.append(
          Region(
            path: member.path, fileOffset: range.lowerBound, bytes: position..<position + count, isExact: true))
      }
      position += count
    }
    guard member.ranges.isEmpty else { return }
    let filled = min(member.padding, content.count - position)
    member.padding -= filled
    position += filled
  }

  // MARK: - Headers

  private struct Header {
    var path: PathBytes
    var type: UInt8
    var size: Int64
  }

  /// A header block whose checksum is right.
  private static func header(_ content: [UInt8], at start: Int) -> Header? {
    guard start + blockBytes <= content.count, content[start + 257..<start + 262].elementsEqual("ustar".utf8),
      let stated = number(content[start + 148..<start + 156]), let size = number(content[start + 124..<start + 136])
    else { return nil }
    var sum: Int64 = 0
    for offset in 0..<blockBytes {
      sum += (148..<156).contains(offset) ? 0x20 : Int64(content[start + offset])
    }
    guard sum == stated else { return nil }
    let name = content[start..<start + 100].prefix { $0 != 0 }
    let prefix = content[start + 345..<start + 500].prefix { $0 != 0 }
    return Header(path: prefix.isEmpty ? Array(name) : prefix + [0x2F] + name, type: content[start + 156], size: size)
  }

  /// An octal number, or one in base 256.
  private static func number(_ field: ArraySlice<UInt8>) -> Int64? {
    guard let first = field.first else { return nil }
    if first & 0x80 != 0 {
      var value = Int64(first & 0x3F)
      for byte in field.dropFirst() {
        guard value < Int64.max >> 8 else { return nil }
        value = value << 8 | Int64(byte)
      }
      return value
    }
    var value: Int64 = 0
    for byte in field.drop(while: { $0 == 0x20 }) {
      guard byte >= 0x30, byte <= 0x37 else { break }
      value = value << 3 | Int64(byte - 0x30)
    }
    return value
  }

  private static func padding(_ size: Int64) -> Int {
    Int((Int64(blockBytes) - size % Int64(blockBytes)) % Int64(blockBytes))
  }

  /// The member whose first header is given, and where its data begin.
  ///
  /// - Returns: nil if a header or a map isn't whole.
  private static func member(_ first: Header, _ content: [UInt8], at start: Int) -> (Member, Int)? {
    var header = first
    var position = start + blockBytes
    var records: [String: ArraySlice<UInt8>] = [:]
    while header.type == 0x78 || header.type == 0x67 {
      guard header.size <= Int64(content.count - position) else { return nil }
      let end = position + Int(header.size)
      if header.type == 0x78 {
        guard let found = paxRecords(content[position..<end]) else { return nil }
        records.merge(found) { $1 }
      }
      position = end + padding(header.size)
      guard let next = Self.header(content, at: position) else { return nil }
      header = next
      position += blockBytes
    }
    var size = header.size
    if let text = records["size"] {
      guard let value = decimal(text) else { return nil }
      size = value
    }
    let path = records["GNU.sparse.name"] ?? records["path"] ?? header.path[...]
    let isFile = header.type == 0x30 || header.type == 0
    guard isFile else { return (Member(path: Array(path), ranges: [], padding: 0), position) }
    guard records["GNU.sparse.major"] != nil else {
      return (Member(path: Array(path), ranges: size > 0 ? [0..<size] : [], padding: padding(size)), position)
    }
    guard let (ranges, end) = sparseMap(content, at: position) else { return nil }
    return (Member(path: Array(path), ranges: ranges, padding: padding(size)), end)
  }

  /// Records `<length> <key>=<value>\n`.
  private static func paxRecords(_ bytes: ArraySlice<UInt8>) -> [String: ArraySlice<UInt8>]? {
    var records: [String: ArraySlice<UInt8>] = [:]
    var rest = bytes
    while let first = rest.first, first != 0 {
      guard let space = rest.firstIndex(of: 0x20), let length = decimal(rest[..<space]), length > 0,
        length <= Int64(rest.count), let equals = rest[space...].firstIndex(of: 0x3D)
      else { return nil }
      let end = rest.startIndex + Int(length)
      guard equals < end else { return nil }
      records[String(decoding: rest[(space + 1)..<equals], as: UTF8.self)] = rest[(equals + 1)..<(end - 1)]
      rest = rest[end...]
    }
    return records
  }

  /// The map of a sparse member: a count, then offset and length of each range, a line for each number, filled to a block.
  private static func sparseMap(_ content: [UInt8], at start: Int) -> (ranges: [Range<Int64>], end: Int)? {
    var position = start
    func line() -> Int64? {
      guard let end = content[position...].prefix(24).firstIndex(of: 0x0A) else { return nil }
      defer { position = end + 1 }
      return decimal(content[position..<end])
    }
    guard start <= content.count, let count = line(), count <= 1 << 20 else { return nil }
    var ranges: [Range<Int64>] = []
    for _ in 0..<count {
      guard let offset = line(), let length = line(), offset <= Int64.max / 2, length <= Int64.max / 2 else {
        return nil
      }
      if length > 0 { ranges.append(offset..<offset + length) }
    }
    let end = start + (position - start + blockBytes - 1) / blockBytes * blockBytes
    return end <= content.count ? (ranges, end) : nil
  }

  private static func decimal(_ digits: ArraySlice<UInt8>) -> Int64? {
    guard !digits.isEmpty, digits.count <= 18 else { return nil }
    var value: Int64 = 0
    for digit in digits {
      guard digit >= 0x30, digit <= 0x39 else { return nil }
      value = value * 10 + Int64(digit - 0x30)
    }
    return value
  }
}
