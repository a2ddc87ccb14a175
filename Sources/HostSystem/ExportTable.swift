/// The directories that this host exports by NFS, as `/var/lib/nfs/etab` lists them (`man 8 exportfs`).
public struct ExportTable: Sendable {
  /// The exported directories, each once, in the order of the list.
  public let directories: [PathBytes]

  /// Where `exportfs` keeps the list.
  public static let usualPath = PathBytes(path: "/var/lib/nfs/etab")

  /// Reads a list. A host without one exports nothing.
  ///
  /// - Throws: ``SystemError`` if there is one that can't be read: what it says isn't known then.
  public static func current(at path: PathBytes = usualPath) throws(SystemError) -> ExportTable {
    do throws(SystemError) {
      let file = try OpenFile.open(path, .readOwn)
      return ExportTable(parsing: try file.contents(at: 0, count: Int(clamping: try file.status().size)))
    } catch {
      guard error.isMissing else { throw error }
      return ExportTable(parsing: [])
    }
  }

  /// Parses the text: a line for each directory and client, the directory first, a tab behind it.
  public init(parsing text: [UInt8]) {
    var directories: [PathBytes] = []
    for line in text.split(separator: 0x0A) {
      guard let field = line.split(separator: 0x09).first, field.first == 0x2F else { continue }
      let directory = unescapedKernelText(field)
      if !directories.contains(directory) { directories.append(directory) }
    }
    self.directories = directories
  }
}
