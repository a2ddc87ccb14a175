public import BackupModel

/// An error of the archive format: a frame, a table of contents or a tar member that can't be written or read.
public struct ArchiveError: Failure {
  /// What went wrong.
  public struct Code: Hashable, Sendable {
    private enum Value { case damagedFrame, damagedTable, notAPack, library, tooLarge }
    private let value: Value
    /// A frame doesn't decompress, or not to what its pack says.
    public static let damagedFrame = Code(value: .damagedFrame)
    /// A table of contents doesn't match its digest or contradicts itself.
    public static let damagedTable = Code(value: .damagedTable)
    /// The file doesn't end as a pack does: it was cut short, or never was one.
    public static let notAPack = Code(value: .notAPack)
    /// A call of libarchive or libzstd failed while writing.
    public static let library = Code(value: .library)
    /// A limit of the format is exceeded.
    public static let tooLarge = Code(value: .tooLarge)
  }

  /// What went wrong.
  public let code: Code
  /// The sentence.
  public let message: String
  /// The library's or the system's words.
  public let cause: String?

  init(_ code: Code, _ message: String, cause: String? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// Damage for everything found in stored data.
  public var category: FailureCategory {
    switch code {
    case .damagedFrame, .damagedTable, .notAPack: .damaged
    default: .failed
    }
  }

  /// Nothing: what helps depends on the pack, which the caller names.
  public var hint: String? { nil }
}
