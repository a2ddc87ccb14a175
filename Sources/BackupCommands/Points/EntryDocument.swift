import BackupRepository
import FoundationEssentials
import HostSystem

/// An entry as commands print it with `--json`.
///
/// A path that isn't valid UTF-8 has a `…Bytes` field beside it, its bytes in base64.
struct EntryDocument: Encodable {
  struct Device: Encodable {
    let major: UInt32
    let minor: UInt32
  }

  let path: String
  let pathBytes: String?
  let type: String
  let mode: String
  let owner: UInt32
  let group: UInt32
  let ownerName: String
  let groupName: String
  let modified: String
  let size: Int64
  let target: String?
  let targetBytes: String?
  let hardLinkTo: String?
  let hardLinkToBytes: String?
  let device: Device?
  let attributes: [String: String]?
  let changedWhileRead: Bool?

  init(_ entry: IndexEntry) {
    path = entry.path.displayedPath
    pathBytes = entry.path.bytesIfNotText
    type = entry.kind.word
    mode = Self.octal(entry.permissions)
    owner = entry.owner
    group = entry.group
    ownerName = entry.ownerName.displayedPath
    groupName = entry.groupName.displayedPath
    modified = ModifiedText.exact(entry.modified)
    size = entry.size
    target = entry.linkTarget?.displayedPath
    targetBytes = entry.linkTarget?.bytesIfNotText
    hardLinkTo = entry.hardLinkTarget?.displayedPath
    hardLinkToBytes = entry.hardLinkTarget?.bytesIfNotText
    let isDevice = entry.kind == .characterDevice || entry.kind == .blockDevice
    device = isDevice ? Device(major: entry.device.major, minor: entry.device.minor) : nil
    attributes =
      entry.attributes.isEmpty
      ? nil
      : Dictionary(
        entry.attributes.map { ($0.name.displayedPath, Data($0.value).base64EncodedString()) },
        uniquingKeysWith: { first, _ in first })
    changedWhileRead = entry.changedWhileRead ? true : nil
  }

  private static func octal(_ permissions: UInt32) -> String {
    let digits = String(permissions, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}

extension PathBytes {
  /// The bytes in base64 if what is displayed of them isn't the path itself.
  var bytesIfNotText: String? {
    displayedPath.utf8.elementsEqual(self) ? nil : Data(self).base64EncodedString()
  }
}

extension FileKind {
  /// One word for people and for JSON.
  var word: String {
    switch self {
    case .file: "file"
    case .directory: "directory"
    case .symbolicLink: "symlink"
    case .characterDevice: "character-device"
    case .blockDevice: "block-device"
    case .fifo: "fifo"
    case .socket: "socket"
    }
  }

  /// The letter of `ls -l`, with `f` for a file as `find -type` has it.
  var letter: Character {
    switch self {
    case .file: "f"
    case .directory: "d"
    case .symbolicLink: "l"
    case .characterDevice: "c"
    case .blockDevice: "b"
    case .fifo: "p"
    case .socket: "s"
    }
  }
}
