import CLinux
import Glibc

/// One of the process's standard streams.
public struct Terminal: Sendable {
  private let descriptor: Int32

  /// Names a stream by its descriptor: 1 or 2.
  public init(descriptor: Int32) { self.descriptor = descriptor }

  /// Whether a person looks at it.
  public var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Characters in a line; 80 if it can't be asked.
  public var columns: Int {
    let columns = Int(clinux_terminal_columns(descriptor))
    return columns > 0 ? columns : 80
  }

  /// Writes all bytes.
  ///
  /// - Returns: false if they can't be written, because nobody reads them or the medium is full.
  public func write(_ bytes: [UInt8]) -> Bool {
    let stream = OpenFile(descriptor: dup(descriptor), path: "standard stream \(descriptor)")
    // The caller decides by the result; there is no better place to report that reports can't be written.
    return (try? stream.write(bytes)) != nil
  }
}
