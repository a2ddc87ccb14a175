/// An advisory lock on a file whose content names the holder (flock(2)).
///
/// It is held until the object goes or the process ends, however it ends: it can't go stale. The file stays; removing it
/// would let two processes each hold a lock on a file of the same name.
public final class FileLock: Sendable {
  private let file: OpenFile

  private init(_ file: OpenFile) { self.file = file }

  deinit {
    // Closing alone would leave it locked for as long as a program that is just being started has a copy of the descriptor.
    file.unlock()
  }

  /// Takes the lock if nobody else holds it.
  ///
  /// - Parameters:
  ///   - file: open for reading and writing; belongs to the lock from now on.
  ///   - holder: what to write into the file, for whoever finds it held; left out if the disk is full.
  /// - Returns: nil if another process holds it; ``holder(of:)`` says which.
  /// - Throws: ``SystemError``.
  public static func take(_ file: OpenFile, holder: String) throws(SystemError) -> FileLock? {
    guard try file.tryLock(exclusive: true) else { return nil }
    let text = Array((holder + "\n").utf8)
    do throws(SystemError) {
      // Over the text of the last holder: that takes no room where blocks are written in place.
      try file.write(text[...], at: 0)
      try file.setSize(Int64(text.count))
    } catch {
      // It is held all the same, and whoever frees room on a full disk needs it.
      guard error.isFull else { throw error }
      // No name is better than another's, and the lock doesn't depend on either.
      try? file.setSize(0)
    }
    return FileLock(file)
  }

  /// Who wrote into a lock's file last; empty if nobody did, or it can't be read.
  public static func holder(of file: OpenFile) -> String {
    // Only for a message, which is complete without it.
    let bytes = (try? file.contents(at: 0, count: 500)) ?? []
    return String(decoding: bytes, as: UTF8.self).firstLine
  }
}

extension String {
  /// The text up to the first newline.
  fileprivate var firstLine: String { String(split(separator: "\n", maxSplits: 1).first ?? "") }
}
