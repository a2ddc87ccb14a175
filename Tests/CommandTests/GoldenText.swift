import Foundation
import Testing

/// Text that users see, kept in `Golden/` and compared byte for byte.
///
/// `UPDATE_GOLDEN=1 make test` writes the files anew; what changed is then read in the diff before it is committed.
enum GoldenText {
  private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  /// Whether files are written instead of compared.
  private static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1"

  /// Expects a text to equal the file `Golden/<name>.txt`.
  static func expect(_ text: String, equals name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try expect(
      text, equalsFile: directory.appendingPathComponent("Golden/\(name).txt"), sourceLocation: sourceLocation)
  }

  /// Expects a text to equal a file of the package, such as a page that is generated.
  static func expect(
    _ text: String, equalsPackageFile path: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let root = directory.deletingLastPathComponent().deletingLastPathComponent()
    try expect(text, equalsFile: root.appendingPathComponent(path), sourceLocation: sourceLocation)
  }

  private static func expect(_ text: String, equalsFile file: URL, sourceLocation: SourceLocation) throws {
    if isUpdating {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
      return
    }
    // A file that isn't there is reported as one that differs.
    let golden = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    #expect(
      text == golden, "\(file.lastPathComponent) differs; if that is meant: UPDATE_GOLDEN=1 make test",
      sourceLocation: sourceLocation)
  }
}
