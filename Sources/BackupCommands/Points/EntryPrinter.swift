import BackupRepository
import HostSystem

/// Prints entries one after another: names, long lines as of `ls -l`, or JSON Lines.
struct EntryPrinter {
  /// How an entry is printed.
  enum Form {
    case name, long, json
  }

  private let form: Form
  private let output: CommandOutput
  /// Rows wait until there are enough to find the columns' widths, which never shrink.
  private var rows: [[String]] = []
  private var widths = [0, 0, 0, 0]
  private static let rowsPerPage = 500

  /// Prints to the current command's output.
  init(_ form: Form, to output: CommandOutput = CommandEnvironment.current.output) {
    self.form = form
    self.output = output
  }

  /// Prints an entry.
  ///
  /// - Parameter name: what people read instead of the path.
  /// - Returns: false if nobody reads any more.
  mutating func print(_ entry: IndexEntry, name: PathBytes? = nil) throws -> Bool {
    let shown = (name ?? entry.path).displayedPath
    switch form {
    case .json: output.line(try JSONText.line(EntryDocument(entry)))
    case .name: output.line(entry.kind == .directory ? "\(shown)/" : shown)
    case .long:
      rows.append(Self.cells(entry) + [Self.longName(entry, shown)])
      if rows.count == Self.rowsPerPage { finish() }
    }
    return !output.hasNoReader
  }

  /// Prints what still waits.
  mutating func finish() {
    for row in rows {
      for column in widths.indices { widths[column] = max(widths[column], row[column].count) }
    }
    for row in rows {
      var line = ""
      for column in widths.indices {
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        // The size is the only column of numbers.
        line += (column == 3 ? padding + row[column] : row[column] + padding) + " "
      }
      output.line(line + row[4] + " " + row[5])
    }
    rows = []
  }

  /// Mode, owner, group, size, mtime.
  private static func cells(_ entry: IndexEntry) -> [String] {
    let owner = entry.ownerName.isEmpty ? String(entry.owner) : entry.ownerName.displayedPath
    let group = entry.groupName.isEmpty ? String(entry.group) : entry.groupName.displayedPath
    let size: String
    switch entry.kind {
    case .characterDevice, .blockDevice: size = "\(entry.device.major),\(entry.device.minor)"
    // The size stands with the first name of the inode.
    case .file where entry.hardLinkTarget != nil: size = "-"
    default: size = String(entry.size)
    }
    return [mode(entry), owner, group, size, entry.modified.description]
  }

  private static func longName(_ entry: IndexEntry, _ shown: String) -> String {
    if let target = entry.linkTarget { return "\(shown) -> \(target.displayedPath)" }
    if let target = entry.hardLinkTarget { return "\(shown) = \(target.displayedPath)" }
    return shown
  }

  /// The mode as `ls -l` writes it: `-rwsr-xr-x`, `drwxrwxrwt`.
  static func mode(_ entry: IndexEntry) -> String {
    let bits = entry.permissions
    var text = entry.kind == .file ? "-" : String(entry.kind.letter)
    for (shift, special, letter) in [(6, UInt32(0o4000), "s"), (3, 0o2000, "s"), (0, 0o1000, "t")] {
      let part = bits >> UInt32(shift) & 7
      text += part & 4 != 0 ? "r" : "-"
      text += part & 2 != 0 ? "w" : "-"
      let isExecutable = part & 1 != 0
      if bits & special != 0 {
        text += isExecutable ? letter : letter.uppercased()
      } else {
        text += isExecutable ? "x" : "-"
      }
    }
    return text
  }
}
