/// A place in a YAML document.
public struct DocumentLocation: Hashable, Sendable, CustomStringConvertible {
  /// The file as its reader named it.
  public let file: String
  /// The line, from 1.
  public let line: Int
  /// The column in Unicode scalars, from 1.
  public let column: Int

  /// Makes a location.
  public init(file: String, line: Int, column: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// File and line, as compilers print them: `schedules/weekly.yaml:7`.
  public var description: String { "\(file):\(line)" }
}
