/// The version of thin-provisioning-tools, and whether their difference can be relied on.
public struct ThinToolsVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The three numbers.
  public let major: Int
  /// The second number.
  public let minor: Int
  /// The third number.
  public let patch: Int

  /// Gathers a version.
  public init(_ major: Int, _ minor: Int, _ patch: Int) {
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  /// Finds the version in what `thin_delta -V` prints.
  ///
  /// That is `0.9.0` from the C++ tools and from the Rust tools since 1.0.12, `thin_delta 1.0.6` from those before
  /// (clap puts the program's name first). A suffix such as `-rc1` makes it another version: nil.
  public init?(printed output: [UInt8]) {
    let words = output.prefix(200).split(whereSeparator: { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 })
    guard let last = words.last, words.count <= 2 else { return nil }
    let parts = last.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let numbers = parts.compactMap { DecimalDigits.value($0) }.compactMap { Int(exactly: $0) }
    guard numbers.count == parts.count, numbers.count == 3 else { return nil }
    self.init(numbers[0], numbers[1], numbers[2])
  }

  /// Why this version is refused, or nil if it is accepted: 0.7.4 to 0.9.0, and from 1.0.6 on.
  ///
  /// The changelog of the tools: "thin_delta, various bug fixes" up to 0.7; "Fix range mappings preprocessing in
  /// thin_delta" in 1.0.6, before which runs were joined without looking at where their data are, so that changed
  /// blocks could be called the same. Nothing was published between 0.9.0 and 1.0.0.
  public var refusal: String? {
    if self < Self(0, 7, 4) { return "thin_delta before 0.7.4 has errors that leave out blocks" }
    if self <= Self(0, 9, 0) { return nil }
    if self < Self(1, 0, 0) { return "it is no published version that was examined" }
    if self < Self(1, 0, 6) { return "thin_delta 1.0.0 to 1.0.5 can call changed blocks the same" }
    return nil
  }

  /// Orders by number.
  public static func < (left: Self, right: Self) -> Bool {
    (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
  }

  /// `1.0.6`
  public var description: String { "\(major).\(minor).\(patch)" }
}

/// Unsigned decimal numbers in the output of programs.
enum DecimalDigits {
  /// The value of a text of digits alone; nil for anything else and for what doesn't fit.
  static func value(_ text: some Collection<UInt8>) -> UInt64? {
    guard !text.isEmpty, text.count <= 20 else { return nil }
    var value: UInt64 = 0
    for byte in text {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, isTooLargeWithDigit) = tens.addingReportingOverflow(UInt64(byte - 0x30))
      guard !isTooLarge, !isTooLargeWithDigit else { return nil }
      value = sum
    }
    return value
  }
}
