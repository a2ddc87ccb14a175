/// What a comparison of a directory with a point found.
public struct ComparisonReport: Sendable {
  /// The most differences that a report lists.
  public static let mostDifferences = 1000

  /// Entries of the point that were compared.
  public var entries = 0
  /// Bytes of content that were read and found equal or not, holes left out.
  public var bytes: Int64 = 0
  /// The first differences, in no particular order.
  public var differences: [TreeDifference] = []
  /// How many there are.
  public var differenceCount = 0
  /// How long it took.
  public var seconds = 0.0

  /// Nothing compared yet.
  public init() {}

  /// Whether the directory is as the point has it.
  public var isEqual: Bool { differenceCount == 0 }
}
