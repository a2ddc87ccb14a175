import HostSystem
import Synchronization

/// A stream that a command writes to.
///
/// Text is gathered and written in large pieces; what is written as messages goes out at once. Thread-safe.
public final class CommandOutput: Sendable {
  private let buffer = Mutex<[UInt8]>([])
  private let sink: @Sendable ([UInt8]) -> Bool
  private let isImmediate: Bool
  /// Whether a person looks at it.
  public let isTerminal: Bool
  /// Characters in a line, if it is a terminal.
  public let columns: Int
  private let isBroken = Atomic<Bool>(false)

  /// Writes to a function.
  ///
  /// - Parameter sink: returns false when nobody reads any more.
  public init(
    isImmediate: Bool, isTerminal: Bool = false, columns: Int = 80, sink: @escaping @Sendable ([UInt8]) -> Bool
  ) {
    self.isImmediate = isImmediate
    self.isTerminal = isTerminal
    self.columns = columns
    self.sink = sink
  }

  /// Standard output of the process.
  public static let standardOutput = CommandOutput(descriptor: 1, isImmediate: false)
  /// Standard error of the process.
  public static let standardError = CommandOutput(descriptor: 2, isImmediate: true)

  private convenience init(descriptor: Int32, isImmediate: Bool) {
    let terminal = Terminal(descriptor: descriptor)
    self.init(isImmediate: isImmediate, isTerminal: terminal.isTerminal, columns: terminal.columns) { bytes in
      terminal.write(bytes)
    }
  }

  /// Writes bytes as they are.
  public func write(_ bytes: some Sequence<UInt8>) {
    let full = buffer.withLock { buffer -> [UInt8] in
      buffer += bytes
      guard isImmediate || buffer.count >= 65_536 else { return [] }
      defer { buffer.removeAll(keepingCapacity: true) }
      return buffer
    }
    send(full)
  }

  /// Writes a line of text.
  public func line(_ text: String = "") { write((text + "\n").utf8) }

  /// Writes what is still gathered.
  public func flush() {
    send(
      buffer.withLock { buffer in
        defer { buffer = [] }
        return buffer
      })
  }

  private func send(_ bytes: [UInt8]) {
    guard !bytes.isEmpty, !isBroken.load(ordering: .relaxed) else { return }
    if !sink(bytes) { isBroken.store(true, ordering: .relaxed) }
  }

  /// Whether the reader has gone away (`backupctl ls | head`); further output is dropped.
  public var hasNoReader: Bool { isBroken.load(ordering: .relaxed) }
}
