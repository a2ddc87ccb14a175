import Subprocess
import SystemPackage

/// What a program reads from its standard input, written into a pipe by a thread of our own.
///
/// The library's own writer ends the whole process if the program doesn't read everything (swift-subprocess 1.0.2: the
/// descriptor is left open on EPIPE, which its deinitializer takes for a mistake of the caller's).
final class ChildFeed: Sendable {
  private let reading: OpenFile
  private let writing: OpenFile?
  private let bytes: [UInt8]
  private let isReadingOurs: Bool

  /// Prepares the input; nothing is written before ``begin()``.
  ///
  /// - Parameter file: what is read instead of the bytes; it stays open.
  /// - Throws: ``SystemError``.
  init(_ bytes: [UInt8], file: OpenFile? = nil) throws(SystemError) {
    self.bytes = bytes
    isReadingOurs = file == nil
    if let file {
      reading = file
      writing = nil
    } else if bytes.isEmpty {
      reading = try OpenFile.open(Array("/dev/null".utf8), .readOwn)
      writing = nil
    } else {
      let pipe = try OpenFile.pipe()
      (reading, writing) = (pipe.reading, pipe.writing)
    }
  }

  /// Where the program reads.
  var source: FileDescriptorInput {
    .fileDescriptor(FileDescriptor(rawValue: reading.descriptor), closeAfterSpawningProcess: false)
  }

  /// Begins to write; called when the program has been started.
  func begin() {
    // Our copy would keep the pipe open when the program is gone. Neither end's closing can lose anything.
    if isReadingOurs { try? reading.close() }
    guard let writing else { return }
    _ = WorkerThread { [bytes] in
      // A program that ends without having read everything isn't in error.
      try? writing.write(bytes)
      try? writing.close()  // As above.
    }
  }
}
